import type { NodeId } from "../common/brand.ts";
import { type Random, randomInteger } from "../common/random.ts";
import type { Meeting, PeerHandler, PeerMessage } from "../transport/types.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface NetworkFaults {
  /** Share of messages that vanish. */
  readonly loss: number;
  readonly delayMsMin: number;
  readonly delayMsMax: number;
}

/** One node's end of the network; a new one at every boot. */
export interface Endpoint {
  readonly nodeId: NodeId;
  readonly handler: PeerHandler;
  alive: boolean;
}

/** Links between nodes: delayed, lossy, cut one way or both, in order within a link. */
export class SimNetwork {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #endpoints = new Map<NodeId, Endpoint>();
  readonly #cut = new Set<string>();
  readonly #streams = new Set<string>();
  readonly #lastArrivalMs = new Map<string, number>();
  faults: NetworkFaults = { loss: 0, delayMsMin: 0.1, delayMsMax: 1 };

  constructor(time: VirtualTime, random: Random) {
    this.#time = time;
    this.#random = random;
  }

  attach(endpoint: Endpoint): void {
    this.#endpoints.set(endpoint.nodeId, endpoint);
  }

  /** The process is gone: its streams end, and the others notice. */
  detach(nodeId: NodeId): void {
    const endpoint = this.#endpoints.get(nodeId);
    if (endpoint !== undefined) endpoint.alive = false;
    this.#endpoints.delete(nodeId);
    this.closeStreams((from, to) => from === nodeId || to === nodeId);
  }

  /** Nothing goes from `from` to `to` any more; streams between the two break a little later. */
  cut(from: NodeId, to: NodeId): void {
    this.#cut.add(link(from, to));
    const breakAfterMs = randomInteger(this.#random, 1, 2000);
    this.#time.plan(breakAfterMs, () => {
      if (this.#cut.has(link(from, to)))
        this.closeStreams((a, b) => (a === from && b === to) || (a === to && b === from));
    });
  }

  heal(): void {
    this.#cut.clear();
  }

  send(from: Endpoint, to: NodeId, message: PeerMessage): void {
    if (message.message.type === "AppendEntries") this.#openStream(from.nodeId, to);
    if (this.#random.next() < this.faults.loss) return;
    this.#deliver(from, to, (receiver) => {
      if (receiver.handler.checkPeer(from.handler.identity()) !== undefined) return;
      receiver.handler.received(from.nodeId, message);
    });
  }

  meet(from: Endpoint, to: NodeId, ours: Meeting, timeoutMs: number): Promise<Meeting> {
    return new Promise((resolve, reject) => {
      this.#time.plan(timeoutMs, () => reject(new Error(`${to} did not answer`)));
      this.#deliver(from, to, (receiver) => {
        void receiver.handler.meet(ours).then((theirs) => {
          this.#deliver(receiver, from.nodeId, () => resolve(theirs));
        });
      });
    });
  }

  /** Ends AppendEntries streams (from leader to follower) and tells both ends that still live. */
  closeStreams(which: (leader: NodeId, follower: NodeId) => boolean): void {
    for (const stream of [...this.#streams]) {
      const [leader = "", follower = ""] = stream.split(">");
      if (!which(leader, follower)) continue;
      this.#streams.delete(stream);
      this.#tellClosed(leader, follower);
      this.#tellClosed(follower, leader);
    }
  }

  #tellClosed(nodeId: NodeId, peer: NodeId): void {
    const endpoint = this.#endpoints.get(nodeId);
    this.#time.plan(this.#delayMs(), () => {
      if (endpoint?.alive === true) endpoint.handler.streamClosed(peer);
    });
  }

  #openStream(leader: NodeId, follower: NodeId): void {
    const stream = link(leader, follower);
    if (this.#streams.has(stream) || !this.#endpoints.has(follower)) return;
    this.#streams.add(stream);
    this.#endpoints.get(leader)?.handler.streamOpened(follower);
  }

  #deliver(from: Endpoint, to: NodeId, arrive: (receiver: Endpoint) => void): void {
    const path = link(from.nodeId, to);
    const earliest = this.#lastArrivalMs.get(path) ?? 0;
    const atMs = Math.max(earliest, this.#time.nowMs + this.#delayMs());
    this.#lastArrivalMs.set(path, atMs);
    const target = this.#endpoints.get(to);
    this.#time.plan(atMs - this.#time.nowMs, () => {
      if (this.#cut.has(path) || !from.alive || target?.alive !== true) return;
      arrive(target);
    });
  }

  #delayMs(): number {
    const { delayMsMin, delayMsMax } = this.faults;
    return delayMsMin + this.#random.next() * (delayMsMax - delayMsMin);
  }
}

function link(from: NodeId, to: NodeId): string {
  return `${from}>${to}`;
}
