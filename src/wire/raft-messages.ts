/**
 * The messages of `proto/balsa/raft/v1/raft.proto` as they come out of and go into the service
 * definition. Numbers are safe and not negative; unset messages are `null`.
 */
export interface WireVoter {
  readonly nodeId: string;
  readonly diskId: string;
}

export interface WireMeeting {
  readonly nodeId: string;
  readonly diskId: string;
  /** Empty before the cluster was formed. */
  readonly clusterId: string;
  readonly voters: readonly WireVoter[];
  readonly formed: boolean;
  readonly incarnation: number;
  /** Milliseconds since 1970; 0: it does not say. */
  readonly wallMs: number;
}

export interface RequestVoteRequest {
  readonly term: number;
  readonly candidateId: string;
  readonly lastLogIndex: number;
  readonly lastLogTerm: number;
  readonly preVote: boolean;
}

export interface RequestVoteResponse {
  readonly term: number;
  readonly voteGranted: boolean;
  readonly preVote: boolean;
}

export interface AppendEntriesRequest {
  readonly term: number;
  readonly leaderId: string;
  readonly prevLogIndex: number;
  readonly prevLogTerm: number;
  readonly prevChain: number;
  readonly leaderCommit: number;
  readonly readRound: number;
  /** Whole frames; coming in one Buffer over the message's memory. */
  readonly frames: Uint8Array;
}

export interface WireConflict {
  readonly prevLogIndex: number;
  readonly conflictTerm?: number | undefined;
  readonly conflictIndex: number;
}

export interface AppendEntriesResponse {
  readonly term: number;
  readonly matchIndex: number;
  readonly readRound: number;
  readonly conflict: WireConflict | null;
  readonly diskLow: boolean;
  readonly firstFaulty?: number | undefined;
}

export interface FetchEntriesRequest {
  readonly index: number;
  readonly term: number;
  readonly chain: number;
}

export interface FetchEntriesResponse {
  readonly possession: "POSSESSION_UNSPECIFIED" | "HAVE" | "DONT_HAVE" | "HAVE_FAULTY";
  readonly frame: Uint8Array;
  readonly term: number;
}

export interface FetchFileRequest {
  readonly file: "FILE_UNSPECIFIED" | "MANIFEST" | "COMPACTED" | "CHECKPOINT";
  /** Of a compacted file, in hex; else empty. */
  readonly sha256: string;
  /** Of a checkpoint; else 0. */
  readonly index: number;
  readonly position: number;
}

export interface FetchFileResponse {
  /** Absent: the file is not there. */
  readonly totalBytes?: number | undefined;
  readonly content: Uint8Array;
}

export interface ReadIndexRequest {
  readonly term: number;
  readonly requestId: number;
}

export interface ReadIndexResponse {
  readonly term: number;
  readonly requestId: number;
  readonly readIndex?: number | undefined;
}

export interface WireSnapshotOffer {
  readonly term: number;
  readonly leaderId: string;
  readonly lastIndex: number;
  readonly lastTerm: number;
  readonly totalBytes: number;
  /** SHA-256 in hex. */
  readonly hash: string;
}

export interface WireSnapshotChunk {
  readonly position: number;
  readonly content: Uint8Array;
  readonly crc32: number;
}

/** One of the two is set. */
export interface InstallSnapshotRequest {
  readonly offer: WireSnapshotOffer | null;
  readonly chunk: WireSnapshotChunk | null;
}

export interface WireStagedSnapshot {
  /** Empty when nothing is staged. */
  readonly hash: string;
  readonly bytes: number;
}

/** One of the three is set. */
export interface InstallSnapshotResponse {
  readonly staged: WireStagedSnapshot | null;
  readonly acknowledged?: number | undefined;
  readonly done: boolean;
}
