import type { NodeId } from "../common/brand.ts";
import type { Clock } from "../common/clock.ts";
import {
  type Counter,
  doublingBounds,
  type Histogram,
  type LabelledHistogram,
  type NodeMetrics,
  type Series,
} from "./metrics.ts";

/** 100 µs, less than a sync, to 3.3 s, longer than an election. */
const ROUND_TRIP_SECONDS = doublingBounds(100e-6, 16);

/** What is known of one peer. */
interface Peer {
  readonly sent: Series;
  readonly received: Series;
  readonly roundTrip: Histogram;
  /** Streams from and to it that are open. */
  streams: number;
  heardMs: number | undefined;
  /** Entries sent to it while no others were timed: the first of them, and when. */
  measured: { readonly firstIndex: number; readonly atMs: number } | undefined;
}

/** What goes between this node and its peers: some additions for each message. */
export class PeerMetrics {
  readonly #clock: Clock;
  readonly #sent: Counter;
  readonly #received: Counter;
  readonly #roundTrips: LabelledHistogram;
  readonly #peers = new Map<NodeId, Peer>();
  /** As far as the AppendEntries that it sends and receives tell: who leads. */
  #leads = false;
  #leader: NodeId | undefined;
  #leaderHeardMs = 0;

  constructor(metrics: NodeMetrics, clock: Clock) {
    this.#clock = clock;
    this.#sent = metrics.counter("balsa_peer_sent_bytes_total", "Bytes of entries for a peer.");
    this.#received = metrics.counter(
      "balsa_peer_received_bytes_total",
      "Bytes of entries that a peer sent.",
    );
    this.#roundTrips = metrics.labelledHistogram(
      "balsa_peer_round_trip_seconds",
      "Time from sending entries until the follower says that its disk has the first of them.",
      "peer",
      ROUND_TRIP_SECONDS,
    );
    metrics.gauge(
      "balsa_peer_stream_up",
      "1 while a stream is open: on the leader for each follower, on a follower for its leader.",
      () => this.#streamsUp(),
    );
    metrics.gauge(
      "balsa_peer_last_contact_seconds",
      "Since the last message of a peer: on the leader for each follower.",
      () => this.#contacts(),
    );
    metrics.gauge(
      "balsa_raft_leader_last_contact_seconds",
      "Since the leader's last message; told by followers.",
      () => {
        if (this.#leads || this.#leader === undefined) return undefined;
        return (clock.nowMs() - this.#leaderHeardMs) / 1000;
      },
    );
  }

  /** AppendEntries for `to`; `firstIndex`: of its first entry, if it has any. */
  sentEntries(to: NodeId, bytes: number, firstIndex: number | undefined): void {
    const peer = this.#peer(to);
    this.#leads = true;
    peer.sent.value += bytes;
    if (firstIndex !== undefined && peer.measured === undefined)
      peer.measured = { firstIndex, atMs: this.#clock.nowMs() };
  }

  /** AppendEntries of `from`, which therefore leads. */
  receivedEntries(from: NodeId, bytes: number): void {
    const peer = this.#heard(from);
    peer.received.value += bytes;
    this.#leads = false;
    this.#leader = from;
    this.#leaderHeardMs = peer.heardMs ?? 0;
  }

  /** `from` has all up to `matchIndex` on its disk. */
  receivedResult(from: NodeId, matchIndex: number): void {
    const peer = this.#heard(from);
    const { measured, heardMs = 0 } = peer;
    if (measured === undefined || matchIndex < measured.firstIndex) return;
    peer.roundTrip.observe((heardMs - measured.atMs) / 1000);
    peer.measured = undefined;
  }

  receivedOther(from: NodeId): void {
    this.#heard(from);
  }

  streamOpened(id: NodeId): void {
    this.#peer(id).streams++;
  }

  /** What was on it may be lost. */
  streamClosed(id: NodeId): void {
    const peer = this.#peer(id);
    peer.streams = Math.max(0, peer.streams - 1);
    peer.measured = undefined;
  }

  /** This node leads no more. */
  steppedDown(): void {
    if (this.#leads) this.#leader = undefined;
    this.#leads = false;
    for (const peer of this.#peers.values()) peer.measured = undefined;
  }

  /** Those whose streams and signs of life mean something to this node. */
  #watched(): readonly (readonly [NodeId, Peer])[] {
    return [...this.#peers].filter(([id]) => this.#leads || id === this.#leader);
  }

  #streamsUp(): readonly Series[] {
    return this.#watched().map(([peer, { streams }]) => {
      return { labels: { peer }, value: streams > 0 ? 1 : 0 };
    });
  }

  #contacts(): readonly Series[] {
    const nowMs = this.#clock.nowMs();
    return this.#watched().flatMap(([peer, { heardMs }]) => {
      return heardMs === undefined ? [] : { labels: { peer }, value: (nowMs - heardMs) / 1000 };
    });
  }

  #heard(from: NodeId): Peer {
    const peer = this.#peer(from);
    peer.heardMs = this.#clock.nowMs();
    return peer;
  }

  #peer(id: NodeId): Peer {
    let peer = this.#peers.get(id);
    if (peer === undefined) {
      const labels = { peer: id };
      peer = {
        sent: this.#sent.series(labels),
        received: this.#received.series(labels),
        roundTrip: this.#roundTrips.of(id),
        streams: 0,
        heardMs: undefined,
        measured: undefined,
      };
      this.#peers.set(id, peer);
    }
    return peer;
  }
}
