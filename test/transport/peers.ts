import { LogIndex, Term } from "../../src/common/brand.ts";
import { seededRandom } from "../../src/common/random.ts";
import type {
  AppendEntries,
  AppendEntriesResult,
  RequestVote,
  RequestVoteResult,
} from "../../src/raft/messages.ts";
import { systemClock } from "../../src/runtime/system-clock.ts";
import { systemScheduler } from "../../src/runtime/system-scheduler.ts";
import { GrpcPeerTransport } from "../../src/transport/grpc-peer-transport.ts";
import type { PeerIdentity, PeerMessage } from "../../src/transport/types.ts";
import { RecordingHandler } from "./recording-handler.ts";

export function identityOf(nodeId: string, clusterId = "c1"): PeerIdentity {
  return { nodeId, diskId: `disk-of-${nodeId}`, clusterId, incarnation: 1 };
}

/** A transport on loopback with the handler that listens to it. */
export interface TestPeer {
  readonly nodeId: string;
  readonly transport: GrpcPeerTransport;
  readonly handler: RecordingHandler;
}

/** Peers that know each other's free ports; closed together. */
export class TestPeers {
  readonly addresses = new Map<string, string>();
  readonly #peers = new Set<TestPeer>();

  /** `members`: who is configured; their addresses are filled in as they start. */
  constructor(...members: readonly string[]) {
    for (const member of members) this.addresses.set(member, "127.0.0.1:1");
  }

  async start(nodeId: string, options: { clusterId?: string; listen?: string } = {}) {
    const handler = new RecordingHandler(identityOf(nodeId, options.clusterId));
    const transport = new GrpcPeerTransport({
      nodeId,
      listen: options.listen ?? "127.0.0.1:0",
      peers: this.addresses,
      clock: systemClock,
      scheduler: systemScheduler,
      random: seededRandom(1),
    });
    await transport.start(handler);
    this.addresses.set(nodeId, transport.address ?? "");
    const peer: TestPeer = { nodeId, transport, handler };
    this.#peers.add(peer);
    return peer;
  }

  async stop(peer: TestPeer): Promise<void> {
    this.#peers.delete(peer);
    await peer.transport.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#peers].map((peer) => peer.transport.close()));
  }
}

export function alone(message: PeerMessage["message"]): PeerMessage {
  return { message, frames: [], prevChain: 0 };
}

export function requestVote(
  candidateId: string,
  term: number,
  preVote = false,
): RequestVote & { type: "RequestVote" } {
  return {
    type: "RequestVote",
    term: Term(term),
    candidateId,
    lastLogIndex: LogIndex(7),
    lastLogTerm: Term(2),
    preVote,
  };
}

export function voteResult(term: number, voteGranted = true, preVote = false): RequestVoteResult {
  return { type: "RequestVoteResult", term: Term(term), voteGranted, preVote };
}

export function appendEntries(leaderId: string, prevLogIndex: number): AppendEntries {
  return {
    type: "AppendEntries",
    term: Term(3),
    leaderId,
    prevLogIndex: LogIndex(prevLogIndex),
    prevLogTerm: Term(2),
    entries: [],
    leaderCommit: LogIndex(5),
    readRound: 4,
  };
}

export function appendResult(matchIndex: number): AppendEntriesResult {
  return {
    type: "AppendEntriesResult",
    term: Term(3),
    matchIndex: LogIndex(matchIndex),
    conflict: undefined,
    readRound: 4,
    diskLow: matchIndex % 2 === 1,
  };
}
