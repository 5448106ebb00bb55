import type { NodeId } from "../common/brand.ts";
import type { Progress } from "./progress.ts";
import { hasQuorum } from "./quorum.ts";
import type { LeaderState, RaftState } from "./state.ts";

/**
 * Whether no appends may be taken: this disk is nearly full, or others are and without them no
 * majority is left. Who has been silent is no help: a full disk would have to stand in for it.
 */
export function isStorageFull(state: RaftState, leader: LeaderState): boolean {
  if (state.disk.low) return true;
  const someLow = [...leader.followers.values()].some((follower) => follower.diskLow);
  return someLow && !othersAreEnough(state, leader);
}

/**
 * Bytes that a follower may be sent as far as its disk is concerned. One that is nearly full gets
 * none while others are enough for a majority: it need not have them now. Where it is needed it
 * gets as much as may wait for a commit, for that is what the mark leaves room for.
 */
export function diskRoom(state: RaftState, leader: LeaderState, follower: Progress): number {
  if (!follower.diskLow) return Number.POSITIVE_INFINITY;
  if (othersAreEnough(state, leader)) return 0;
  return state.config.maxUncommittedBytes - follower.bytesSentWhileLow;
}

/** Whether this node and those that have room, and were heard of lately, are a majority. */
function othersAreEnough(state: RaftState, leader: LeaderState): boolean {
  const sinceMs = state.nowMs - state.config.electionTimeoutMsMax;
  const hasRoom = (voter: NodeId) => {
    const follower = leader.followers.get(voter);
    return follower !== undefined && !follower.diskLow && follower.lastContactMs >= sinceMs;
  };
  return hasQuorum(state, (voter) => voter === state.config.nodeId || hasRoom(voter));
}
