import type { NodeId } from "../common/brand.ts";
import { randomInteger } from "../common/random.ts";
import { advanceCommitIndex } from "./commit.ts";
import { tally } from "./election.ts";
import { counts } from "./quorum.ts";
import { confirmReads } from "./read-index.ts";
import { firstProbe } from "./replication.ts";
import type { RaftState } from "./state.ts";

/** Spreads the pre-votes of followers that saw the same leader go at the same moment. */
const EARLY_PRE_VOTE_MS_MAX = 50;

/**
 * The stream to or from `peer` broke. A leader probes again; a follower whose leader it was need
 * not wait for its election timeout, and helps another follower that saw the same.
 */
export function streamClosed(state: RaftState, peer: NodeId): void {
  const { nowMs, random, role } = state;
  if (role.role === "leader") {
    const follower = role.followers.get(peer);
    if (follower === undefined) return;
    if (counts(state, peer)) follower.streamClosed();
    else follower.forget(firstProbe(state, role));
  } else if (role.role === "follower" && role.leader?.leaderId === peer) {
    role.leader.streamOpen = false;
    const earlyMs = nowMs + randomInteger(random, 0, EARLY_PRE_VOTE_MS_MAX);
    role.electionDeadlineMs = Math.min(role.electionDeadlineMs, earlyMs);
  }
}

/** Whether what `peer` says counts; what another disk of the same name said never does. */
export function peerAdmitted(state: RaftState, nodeId: NodeId, admitted: boolean): void {
  const peer = state.peers.get(nodeId);
  if (peer === undefined) return;
  const isAnother = peer.admitted !== admitted;
  peer.admitted = admitted;
  const { role } = state;
  if (role.role === "leader") {
    if (isAnother) role.followers.get(nodeId)?.forget(firstProbe(state, role));
    advanceCommitIndex(state, role);
    confirmReads(state, role);
  } else if (role.role !== "follower") {
    if (!admitted) role.votes.delete(nodeId);
    tally(state);
  }
}
