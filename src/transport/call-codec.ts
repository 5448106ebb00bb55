import type { LogIndex, Term } from "../common/brand.ts";
import type { Message, ReadIndexResult, RequestVote, RequestVoteResult } from "../raft/messages.ts";
import type {
  ReadIndexRequest,
  ReadIndexResponse,
  RequestVoteRequest,
  RequestVoteResponse,
  WireMeeting,
} from "../wire/raft-messages.ts";
import type { Meeting, PeerMessage } from "./types.ts";

/** The messages of the unary calls. What comes in had its numbers checked by the deserialiser. */
export function withoutFrames(message: Message): PeerMessage {
  return { message, frames: [], prevChain: 0 };
}

export function fromRequestVoteRequest(request: RequestVoteRequest): RequestVote {
  return {
    type: "RequestVote",
    term: request.term as Term,
    candidateId: request.candidateId,
    lastLogIndex: request.lastLogIndex as LogIndex,
    lastLogTerm: request.lastLogTerm as Term,
    preVote: request.preVote,
  };
}

export function fromRequestVoteResponse(response: RequestVoteResponse): RequestVoteResult {
  const { voteGranted, preVote } = response;
  return { type: "RequestVoteResult", term: response.term as Term, voteGranted, preVote };
}

export function fromReadIndexRequest(request: ReadIndexRequest): Message {
  return { type: "ReadIndex", term: request.term as Term, requestId: request.requestId };
}

export function toReadIndexResponse(result: ReadIndexResult): ReadIndexResponse {
  const { term, requestId, readIndex } = result;
  return readIndex === undefined ? { term, requestId } : { term, requestId, readIndex };
}

export function fromReadIndexResponse(response: ReadIndexResponse): ReadIndexResult {
  return {
    type: "ReadIndexResult",
    term: response.term as Term,
    requestId: response.requestId,
    readIndex: response.readIndex as LogIndex | undefined,
  };
}

export function toWireMeeting(meeting: Meeting): WireMeeting {
  const { identity, voters, formed } = meeting;
  const { nodeId, diskId, clusterId, incarnation } = identity;
  return { nodeId, diskId, clusterId: clusterId ?? "", voters, formed, incarnation };
}

export function fromWireMeeting(wire: WireMeeting): Meeting {
  const { nodeId, diskId, clusterId, voters, formed, incarnation } = wire;
  return {
    identity: { nodeId, diskId, clusterId: clusterId === "" ? undefined : clusterId, incarnation },
    voters: voters.map((voter) => ({ nodeId: voter.nodeId, diskId: voter.diskId })),
    formed,
  };
}
