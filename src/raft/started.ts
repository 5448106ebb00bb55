import { assert } from "../common/assert.ts";
import type { LogIndex, NodeId } from "../common/brand.ts";
import type { Random } from "../common/random.ts";
import type { RaftConfig } from "./config.ts";
import { randomElectionDeadlineMs } from "./deadline.ts";
import { DiskWatch } from "./disk-watch.ts";
import { startPreVote } from "./election.ts";
import { larger, ZERO_INDEX } from "./log-index.ts";
import { LogView } from "./log-view.ts";
import { Outbox } from "./outbox.ts";
import { isVoter, quorumSize } from "./quorum.ts";
import type { Peer, RaftState } from "./state.ts";
import type { HardState, LogTerms } from "./types.ts";

/** What a boot finds on disk. */
export interface OnDisk {
  readonly hardState: HardState;
  readonly log: LogTerms;
  readonly firstFaulty?: LogIndex | undefined;
  readonly committed?: LogIndex | undefined;
}

/** A node that found this on its disk and has not taken a step. */
export function initialState(
  config: RaftConfig,
  random: Random,
  { committed, firstFaulty, hardState, log: terms }: OnDisk,
): RaftState {
  const peers = new Map<NodeId, Peer>();
  for (const voter of config.membership.voters)
    if (voter !== config.nodeId) peers.set(voter, { admitted: true, forgotIn: undefined });
  const log = new LogView(terms, firstFaulty);
  const commitIndex = larger(log.prev.index, committed ?? ZERO_INDEX);
  assert(commitIndex <= log.lastIndex, "a checkpoint covers no more than the log");
  return {
    config,
    random,
    log,
    outbox: new Outbox(hardState),
    disk: new DiskWatch(),
    peers,
    hardState: atLeastTermOf(log, hardState),
    role: { role: "follower", leader: undefined, electionDeadlineMs: 0 },
    nowMs: 0,
    commitIndex,
    appliedIndex: commitIndex,
    installing: undefined,
    armedMs: undefined,
  };
}

/**
 * Appends do not wait for the hard state of their term, so after a crash the log may be ahead of
 * it. No vote and no reply left in that term: it starts afresh, and is made durable first.
 */
function atLeastTermOf(log: LogView, onDisk: HardState): HardState {
  if (log.lastTerm <= onDisk.currentTerm) return onDisk;
  return { currentTerm: log.lastTerm, votedFor: undefined };
}

/** A follower at first; a lone voter has nobody to wait for. */
export function start(state: RaftState): void {
  const { hardState, outbox, role } = state;
  assert(role.role === "follower", "a node starts as a follower");
  role.electionDeadlineMs = randomElectionDeadlineMs(state);
  const { currentTerm: term } = hardState;
  outbox.push({ type: "stateChanged", role: "follower", term, leaderId: undefined });
  if (isVoter(state) && quorumSize(state) === 1) startPreVote(state);
}
