import { unreachable } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import type { ReceivedMessage } from "./messages.ts";
import { recvAppendEntries } from "./recv-append-entries.ts";
import { recvAppendEntriesResult } from "./recv-append-entries-result.ts";
import { recvInstallSnapshot } from "./recv-install-snapshot.ts";
import { recvReadIndex } from "./recv-read-index.ts";
import { recvReadIndexResult } from "./recv-read-index-result.ts";
import { recvRequestVote } from "./recv-request-vote.ts";
import { recvRequestVoteResult } from "./recv-request-vote-result.ts";
import type { RaftState } from "./state.ts";

/** One call for each RPC and each result; who is no configured voter is not listened to. */
export function receive(state: RaftState, from: NodeId, message: ReceivedMessage): void {
  if (!state.peers.has(from) && message.type !== "InstallSnapshot") return;
  switch (message.type) {
    case "RequestVote":
      return recvRequestVote(state, from, message);
    case "RequestVoteResult":
      return recvRequestVoteResult(state, from, message);
    case "AppendEntries":
      return recvAppendEntries(state, from, message);
    case "AppendEntriesResult":
      return recvAppendEntriesResult(state, from, message);
    case "InstallSnapshot":
      return recvInstallSnapshot(state, from, message);
    case "ReadIndex":
      return recvReadIndex(state, from, message);
    case "ReadIndexResult":
      return recvReadIndexResult(state, from, message);
    default:
      return unreachable(message);
  }
}
