export type { RaftConfig } from "./config.ts";
export type { Effect } from "./effects.ts";
export type { Proposal, RaftEvent } from "./events.ts";
export { InvariantChecker } from "./invariant-checker.ts";
export type * from "./messages.ts";
export { Raft } from "./raft.ts";
export type { PeerProgressStatus, RaftStatus } from "./status.ts";
export type * from "./types.ts";
