import { unreachable } from "../common/assert.ts";
import type { LogIndex, Term } from "../common/brand.ts";
import type { Message, ReadIndexResult, RequestVote, RequestVoteResult } from "../raft/messages.ts";
import type {
  FetchEntriesRequest,
  FetchEntriesResponse,
  ReadIndexRequest,
  ReadIndexResponse,
  RequestVoteRequest,
  RequestVoteResponse,
  WireMeeting,
} from "../wire/raft-messages.ts";
import type { FetchAnswer, FetchRequest, Meeting, PeerMessage } from "./types.ts";

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
  const { identity, voters, formed, wallMs = 0 } = meeting;
  const { nodeId, diskId, clusterId, incarnation } = identity;
  return { nodeId, diskId, clusterId: clusterId ?? "", voters, formed, incarnation, wallMs };
}

export function fromWireMeeting(wire: WireMeeting): Meeting {
  const { nodeId, diskId, clusterId, voters, formed, incarnation, wallMs } = wire;
  return {
    identity: { nodeId, diskId, clusterId: clusterId === "" ? undefined : clusterId, incarnation },
    voters: voters.map((voter) => ({ nodeId: voter.nodeId, diskId: voter.diskId })),
    formed,
    ...(wallMs > 0 && { wallMs }),
  };
}

export function fromFetchEntriesRequest({ index, term, chain }: FetchEntriesRequest): FetchRequest {
  return { index: index as LogIndex, term: term as Term, chain };
}

export function toFetchEntriesResponse(answer: FetchAnswer): FetchEntriesResponse {
  switch (answer.kind) {
    case "have":
      return { possession: "HAVE", frame: answer.frame, term: 0 };
    case "dontHave":
      return { possession: "DONT_HAVE", frame: NO_BYTES, term: answer.term };
    case "haveFaulty":
      return { possession: "HAVE_FAULTY", frame: NO_BYTES, term: 0 };
    default:
      return unreachable(answer);
  }
}

/** Undefined: an answer that this version does not know, hence none. */
export function fromFetchEntriesResponse(wire: FetchEntriesResponse): FetchAnswer | undefined {
  switch (wire.possession) {
    case "HAVE":
      return { kind: "have", frame: wire.frame };
    case "DONT_HAVE":
      return { kind: "dontHave", term: wire.term as Term };
    case "HAVE_FAULTY":
      return { kind: "haveFaulty" };
    case "POSSESSION_UNSPECIFIED":
    default:
      return undefined;
  }
}

const NO_BYTES = new Uint8Array(0);
