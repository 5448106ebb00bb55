import { describe, expect, it } from "vitest";
import type { NodeId } from "../../src/common/brand.ts";
import { NodeMetrics } from "../../src/runtime/metrics.ts";
import { PeerMetrics } from "../../src/runtime/peer-metrics.ts";
import { valuesOf } from "../support/metric-values.ts";

const [N2, N3] = ["n2" as NodeId, "n3" as NodeId];

function peerMetrics() {
  const metrics = new NodeMetrics();
  const time = { nowMs: 1_000 };
  const clock = { nowMs: () => time.nowMs, wallMs: () => 0 };
  const peers = new PeerMetrics(metrics, clock);
  const of = (name: string) => valuesOf(metrics)[`balsa_${name}`];
  const labelled = (name: string) =>
    Object.entries(valuesOf(metrics)).filter(([key]) => key.startsWith(`balsa_${name}{`));
  return { peers, time, of, labelled };
}

describe("what goes between peers", () => {
  it("is counted in bytes of entries, by peer and direction", () => {
    const { peers, of } = peerMetrics();
    peers.sentEntries(N2, 300, 3);
    peers.sentEntries(N2, 200, 5);
    peers.sentEntries(N3, 0, undefined);
    peers.receivedEntries(N3, 70);
    expect(of("peer_sent_bytes_total{peer=n2}")).toBe(500);
    expect(of("peer_sent_bytes_total{peer=n3}")).toBe(0);
    expect(of("peer_received_bytes_total{peer=n3}")).toBe(70);
  });

  it("takes from the sending of entries until the follower has the first of them", () => {
    const { peers, time, of } = peerMetrics();
    peers.sentEntries(N2, 300, 3);
    time.nowMs += 2;
    peers.sentEntries(N2, 300, 6);
    peers.receivedResult(N2, 2);
    expect(of("peer_round_trip_seconds_count{peer=n2}")).toBe(0);
    time.nowMs += 3;
    peers.receivedResult(N2, 6);
    expect(of("peer_round_trip_seconds_count{peer=n2}")).toBe(1);
    expect(of("peer_round_trip_seconds_sum{peer=n2}")).toBeCloseTo(0.005);
    peers.receivedResult(N2, 6);
    expect(of("peer_round_trip_seconds_count{peer=n2}")).toBe(1);
  });

  it("is not timed across a stream that broke, nor across leaderships", () => {
    const { peers, of } = peerMetrics();
    peers.sentEntries(N2, 300, 3);
    peers.streamClosed(N2);
    peers.receivedResult(N2, 3);
    peers.sentEntries(N2, 300, 4);
    peers.steppedDown();
    peers.receivedResult(N2, 4);
    expect(of("peer_round_trip_seconds_count{peer=n2}")).toBe(0);
  });
});

describe("the streams of a leader", () => {
  it("are told for each follower, and those of a follower for its leader only", () => {
    const { peers, labelled } = peerMetrics();
    expect(labelled("peer_stream_up")).toEqual([]);
    for (const peer of [N2, N3]) peers.sentEntries(peer, 0, undefined);
    peers.streamOpened(N2);
    expect(labelled("peer_stream_up")).toEqual([
      ["balsa_peer_stream_up{peer=n2}", 1],
      ["balsa_peer_stream_up{peer=n3}", 0],
    ]);
    peers.steppedDown();
    expect(labelled("peer_stream_up")).toEqual([]);
    peers.streamOpened(N3);
    peers.receivedEntries(N3, 0);
    expect(labelled("peer_stream_up")).toEqual([["balsa_peer_stream_up{peer=n3}", 1]]);
    peers.streamClosed(N3);
    expect(labelled("peer_stream_up")).toEqual([["balsa_peer_stream_up{peer=n3}", 0]]);
  });
});

describe("the last contact", () => {
  it("of a leader is told by its followers: it grows while they hear nothing", () => {
    const { peers, time, of, labelled } = peerMetrics();
    expect(of("raft_leader_last_contact_seconds")).toBeUndefined();
    peers.receivedEntries(N2, 0);
    peers.receivedOther(N3);
    time.nowMs += 250;
    expect(of("raft_leader_last_contact_seconds")).toBe(0.25);
    expect(labelled("peer_last_contact_seconds")).toEqual([
      ["balsa_peer_last_contact_seconds{peer=n2}", 0.25],
    ]);
    peers.sentEntries(N2, 0, undefined);
    expect(of("raft_leader_last_contact_seconds")).toBeUndefined();
  });

  it("of a follower is told by the leader, once it was heard", () => {
    const { peers, time, labelled } = peerMetrics();
    for (const peer of [N2, N3]) peers.sentEntries(peer, 0, undefined);
    peers.receivedResult(N3, 0);
    time.nowMs += 40;
    expect(labelled("peer_last_contact_seconds")).toEqual([
      ["balsa_peer_last_contact_seconds{peer=n3}", 0.04],
    ]);
  });
});
