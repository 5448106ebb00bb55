import { unreachable } from "../common/assert.ts";
import { randomInteger } from "../common/random.ts";
import { isVoter } from "./quorum.ts";
import type { RaftState } from "./state.ts";

/** Random, so that few votes split (section 5.2). Milliseconds of the injected clock. */
export function randomElectionDeadlineMs(state: RaftState): number {
  const { electionTimeoutMsMin, electionTimeoutMsMax } = state.config;
  return state.nowMs + randomInteger(state.random, electionTimeoutMsMin, electionTimeoutMsMax);
}

/** When this node wants to be woken if nothing happens; infinite: never. */
function nextDeadlineMs(state: RaftState): number {
  const { role } = state;
  switch (role.role) {
    case "follower": {
      const readsMs = role.leader?.reads.nextExpiryMs ?? Number.POSITIVE_INFINITY;
      return Math.min(readsMs, isVoter(state) ? role.electionDeadlineMs : readsMs);
    }
    case "preCandidate":
    case "candidate":
      return role.electionDeadlineMs;
    case "leader":
      return Math.min(role.heartbeatDueMs, role.commitNoticeDueMs ?? role.heartbeatDueMs);
    default:
      return unreachable(role);
  }
}

/**
 * Asks for a wake-up when the one asked for before comes too late. A deadline that moves away, as
 * an election deadline does at every contact, lets the earlier one fire and asks again then.
 */
export function armDeadline(state: RaftState): void {
  const atMs = nextDeadlineMs(state);
  if (atMs >= (state.armedMs ?? Number.POSITIVE_INFINITY)) return;
  state.armedMs = atMs;
  state.outbox.push({ type: "setDeadline", atMs });
}
