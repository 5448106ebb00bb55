import { describe, expect, it } from "vitest";
import { LogIndex, type NodeId, Term } from "../../src/common/brand.ts";
import type { Message } from "../../src/raft/messages.ts";
import { MeasuredPeerTransport } from "../../src/runtime/measured-peer-transport.ts";
import { NodeMetrics } from "../../src/runtime/metrics.ts";
import type { PeerHandler, PeerMessage, PeerTransport } from "../../src/transport/types.ts";
import { valuesOf } from "../support/metric-values.ts";

const [N1, N2] = ["n1" as NodeId, "n2" as NodeId];

/** As a node sends and receives them: `entries` is empty, whatever the frames hold. */
function entries(leaderId: NodeId, bytes: readonly number[]): PeerMessage {
  const message: Message = {
    ...{ type: "AppendEntries", term: Term(2), leaderId, prevLogIndex: LogIndex(10) },
    ...{ prevLogTerm: Term(1), leaderCommit: LogIndex(0), readRound: 0 },
    entries: [],
  };
  return { message, frames: bytes.map((length) => new Uint8Array(length)), prevChain: 0 };
}

function result(matchIndex: number): PeerMessage {
  const message: Message = {
    ...{ type: "AppendEntriesResult", term: Term(2), matchIndex: LogIndex(matchIndex) },
    ...{ conflict: undefined, readRound: 0, diskLow: false },
  };
  return { message, frames: [], prevChain: 0 };
}

/** A measured transport over one that only keeps what it is told. */
async function measured() {
  const heard: string[] = [];
  const sent: PeerMessage[] = [];
  let handler: PeerHandler | undefined;
  const beneath: PeerTransport = {
    start: (given) => {
      handler = given;
      return Promise.resolve();
    },
    send: (_, message) => sent.push(message),
    closeStreams: () => heard.push("streams closed"),
    meet: (_, ours) => Promise.resolve(ours),
    fetchPiece: () => Promise.resolve(undefined),
    fetch: () => Promise.resolve({ kind: "haveFaulty" }),
    installSnapshot: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const metrics = new NodeMetrics();
  const transport = new MeasuredPeerTransport(
    beneath,
    { nowMs: () => 5, wallMs: () => 0 },
    metrics,
  );
  await transport.start({
    received: (from, { message }) => heard.push(`${message.type} of ${from}`),
    streamOpened: (peer) => heard.push(`${peer} opened`),
    streamClosed: (peer) => heard.push(`${peer} closed`),
    checkPeer: () => "nobody is admitted",
  } as Partial<PeerHandler> as PeerHandler);
  const value = (name: string) => valuesOf(metrics)[`balsa_peer_${name}{peer=n2}`];
  return { transport, handler, heard, sent, value };
}

describe("the measured transport", () => {
  it("passes all on, both ways, unchanged", async () => {
    const { transport, handler, heard, sent } = await measured();
    const message = entries(N1, [100, 50]);
    transport.send(N2, message);
    expect(sent).toEqual([message]);
    handler?.streamOpened(N2);
    handler?.received(N2, result(12));
    handler?.received(N2, entries(N2, [9]));
    handler?.streamClosed(N2);
    transport.closeStreams();
    expect(heard).toEqual([
      "n2 opened",
      "AppendEntriesResult of n2",
      "AppendEntries of n2",
      "n2 closed",
      "streams closed",
    ]);
    expect(handler?.checkPeer({} as never)).toBe("nobody is admitted");
    expect(await transport.fetch(N2, {} as never, 1)).toEqual({ kind: "haveFaulty" });
  });

  it("counts the bytes of entries, and times them until they are on the peer's disk", async () => {
    const { transport, handler, value } = await measured();
    handler?.streamOpened(N2);
    transport.send(N2, entries(N1, []));
    transport.send(N2, entries(N1, [100, 50]));
    handler?.received(N2, result(10));
    expect(value("round_trip_seconds_count")).toBe(0);
    handler?.received(N2, result(11));
    expect(value("round_trip_seconds_count")).toBe(1);
    expect(value("sent_bytes_total")).toBe(150);
    expect(value("stream_up")).toBe(1);
    handler?.received(N2, entries(N2, [9]));
    expect(value("received_bytes_total")).toBe(9);
  });
});
