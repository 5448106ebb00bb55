import type * as raft from "../../src/wire/raft-messages.ts";

const voter: raft.WireVoter = { nodeId: "n1", diskId: "d" };
const conflict: raft.WireConflict = { prevLogIndex: 1, conflictTerm: 2, conflictIndex: 3 };

const snapshotOffer: raft.WireSnapshotOffer = {
  ...{ term: 1, leaderId: "n1", lastIndex: 2, lastTerm: 3, totalBytes: 4, hash: "h" },
};
const snapshotChunk: raft.WireSnapshotChunk = { position: 1, content: Buffer.from("c"), crc32: 2 };
const stagedSnapshot: raft.WireStagedSnapshot = { hash: "h", bytes: 1 };

/** One of every message of `raft.proto`, each field set. */
export const raftMessages: Record<string, object> = {
  Voter: voter,
  Meeting: {
    ...{ nodeId: "n1", diskId: "d", clusterId: "c", voters: [voter], formed: true },
    ...{ incarnation: 1, wallMs: 2 },
  } satisfies raft.WireMeeting,
  RequestVoteRequest: {
    ...{ term: 1, candidateId: "n1", lastLogIndex: 2, lastLogTerm: 3, preVote: true },
  } satisfies raft.RequestVoteRequest,
  RequestVoteResponse: {
    ...{ term: 1, voteGranted: true, preVote: true },
  } satisfies raft.RequestVoteResponse,
  AppendEntriesRequest: {
    ...{ term: 1, leaderId: "n1", prevLogIndex: 2, prevLogTerm: 3, prevChain: 4 },
    ...{ leaderCommit: 5, readRound: 6, frames: Buffer.from("f") },
  } satisfies raft.AppendEntriesRequest,
  Conflict: conflict,
  AppendEntriesResponse: {
    ...{ term: 1, matchIndex: 2, readRound: 3, conflict, diskLow: true, firstFaulty: 4 },
  } satisfies raft.AppendEntriesResponse,
  FetchEntriesRequest: { index: 1, term: 2, chain: 3 } satisfies raft.FetchEntriesRequest,
  FetchEntriesResponse: {
    ...{ possession: "HAVE" as const, frame: Buffer.from([1]), term: 2 },
  } satisfies raft.FetchEntriesResponse,
  FetchFileRequest: {
    ...{ file: "COMPACTED", sha256: "ab", index: 4, position: 5 },
  } satisfies raft.FetchFileRequest,
  FetchFileResponse: {
    ...{ totalBytes: 9, content: Buffer.from("bytes") },
  } satisfies raft.FetchFileResponse,
  ReadIndexRequest: { term: 1, requestId: 2 } satisfies raft.ReadIndexRequest,
  ReadIndexResponse: { term: 1, requestId: 2, readIndex: 3 } satisfies raft.ReadIndexResponse,
  SnapshotOffer: snapshotOffer,
  SnapshotChunk: snapshotChunk,
  StagedSnapshot: stagedSnapshot,
  InstallSnapshotRequest: {
    ...{ offer: snapshotOffer, chunk: snapshotChunk },
  } satisfies raft.InstallSnapshotRequest,
  InstallSnapshotResponse: {
    ...{ staged: stagedSnapshot, acknowledged: 1, done: true },
  } satisfies raft.InstallSnapshotResponse,
};
