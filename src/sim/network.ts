import type { NodeId } from "../common/brand.ts";
import { type Random, randomInteger } from "../common/random.ts";
import type { Scheduler } from "../common/scheduler.ts";
import type { PeerHandler, PeerMessage } from "../transport/types.ts";
import { Links, readInTurn } from "./links.ts";
import { MessageRate } from "./message-rate.ts";
import type { ProcessGate } from "./process-gate.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** The weather on every link. */
export interface Weather {
  /** Share of messages that vanish. */
  readonly loss: number;
  readonly delayMsMin: number;
  readonly delayMsMax: number;
  /** Share of messages that come twice. */
  readonly duplication: number;
  /** Share of messages that may be overtaken. */
  readonly reordering: number;
}

export const FAIR_WEATHER: Weather = {
  loss: 0,
  delayMsMin: 0.1,
  delayMsMax: 1,
  duplication: 0,
  reordering: 0,
};

/** One node's end of the network; a new one at every boot. */
export interface Endpoint {
  readonly nodeId: NodeId;
  readonly handler: PeerHandler;
  readonly gate: ProcessGate;
  alive: boolean;
}

/** How a message fared, for whoever watches. */
export type Passage =
  | "held"
  | "delivered"
  | "duplicate"
  | "overtaken"
  | "late"
  | "lost"
  | "cut"
  | "overflow";

export interface Passing {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: PeerMessage;
  readonly passage: Passage;
}

/** A stream beside that of AppendEntries: it breaks when the link does. */
export interface Pipe {
  readonly leader: NodeId;
  readonly follower: NodeId;
  broke(): void;
}

/** Beyond an election timeout in the air. */
const LATE_MS = 1000;
/** About what a message takes beside its frames. */
const CALL_BYTES = 200;

/** How one message travels, and who hears that it did not arrive. */
interface Way {
  readonly bytes: number;
  readonly inOrder: boolean;
  readonly cut: () => void;
  readonly overflow: () => void;
  readonly held: () => void;
}

/** Links between nodes: delayed, lossy, slow, cut one way or both. */
export class SimNetwork {
  readonly links: Links;
  readonly rate = new MessageRate();
  weather = FAIR_WEATHER;
  /** Sees every message at the end of its way. */
  watch: (passing: Passing) => void = () => undefined;
  /** Hears of every question between nodes that got no answer in time. */
  unanswered: (from: NodeId, to: NodeId) => void = () => undefined;
  /** Hears of every transfer that goes on behind what an earlier one left. */
  resumed: (bytes: number) => void = () => undefined;
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #endpoints = new Map<NodeId, Endpoint>();
  /** AppendEntries streams, leader > follower. */
  readonly #streams = new Set<string>();
  readonly #pipes = new Set<Pipe>();

  constructor(time: VirtualTime, random: Random) {
    this.#time = time;
    this.#random = random;
    this.links = new Links();
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
    this.links.of(from, to).cuts++;
    const breakAfterMs = randomInteger(this.#random, 1, 2000);
    this.#time.plan(breakAfterMs, () => {
      if (this.links.isCut(from, to)) this.closeBetween(from, to);
    });
  }

  mend(from: NodeId, to: NodeId): void {
    const link = this.links.of(from, to);
    link.cuts = Math.max(0, link.cuts - 1);
  }

  /** Every link is whole and quick again. */
  heal(): void {
    this.weather = FAIR_WEATHER;
    this.links.heal();
  }

  send(from: Endpoint, to: NodeId, message: PeerMessage): void {
    this.rate.sent(from.nodeId, this.#time.nowMs);
    const entries = message.message.type === "AppendEntries";
    if (entries) this.#openStream(from.nodeId, to);
    const tell = (passage: Passage) => this.watch({ from: from.nodeId, to, message, passage });
    const { loss, duplication, reordering } = this.weather;
    if (loss > 0 && this.#random.next() < loss) return tell("lost");
    const inOrder = reordering === 0 || this.#random.next() >= reordering;
    const arrive = (first: Passage) => (receiver: Endpoint, tookMs: number) => {
      const passage = first === "delivered" && tookMs > LATE_MS ? "late" : first;
      if (receiver.handler.checkPeer(from.handler.identity()) !== undefined) return;
      tell(passage);
      receiver.handler.received(from.nodeId, message);
    };
    const bytes = message.frames.reduce((sum, chunk) => sum + chunk.length, CALL_BYTES);
    const overflow = () => {
      tell("overflow");
      this.closeBetween(from.nodeId, to);
    };
    const way = { bytes, inOrder, cut: () => tell("cut"), overflow, held: () => tell("held") };
    this.#deliver(from, to, way, arrive(inOrder ? "delivered" : "overtaken"));
    if (duplication > 0 && this.#random.next() < duplication)
      this.#deliver(from, to, { ...way, inOrder: false }, arrive("duplicate"));
  }

  /** A call with an answer: a meeting, or the fetching of an entry. */
  ask<T>(
    from: Endpoint,
    to: NodeId,
    timeoutMs: number,
    answered: (receiver: PeerHandler) => Promise<T>,
  ): Promise<T> {
    const nothing = () => undefined;
    const way = {
      ...{ bytes: CALL_BYTES, inOrder: true },
      ...{ cut: nothing, overflow: nothing, held: nothing },
    };
    return new Promise((resolve, reject) => {
      let open = true;
      this.#time.plan(timeoutMs, () => {
        if (open && from.alive) this.unanswered(from.nodeId, to);
        from.gate.pass(() => reject(new Error(`${to} did not answer`)));
      });
      this.#deliver(from, to, way, (receiver) => {
        const reply = (answer: T) => {
          this.#deliver(receiver, from.nodeId, way, () => {
            open = false;
            resolve(answer);
          });
        };
        answered(receiver.handler).then(reply, () => undefined);
      });
    });
  }

  /** From here on the pipe hears when the link breaks, a process ends or the leader steps down. */
  openPipe(pipe: Pipe): void {
    this.#pipes.add(pipe);
  }

  /** Breaks the pipe, once. */
  breakPipe(pipe: Pipe): void {
    if (this.#pipes.delete(pipe)) pipe.broke();
  }

  /**
   * Carries a piece of `pipe`, in its order. A piece that is lost breaks it; one with content may
   * come twice, which no stream should do: its reader is to notice.
   */
  carry(
    pipe: Pipe,
    from: Endpoint,
    to: NodeId,
    contentBytes: number,
    arrive: (receiver: Endpoint) => void,
  ): void {
    if (!this.#pipes.has(pipe)) return;
    const broken = () => this.breakPipe(pipe);
    const { loss, duplication } = this.weather;
    const lost = loss > 0 && this.#random.next() < loss;
    if (lost || !this.#endpoints.has(to)) return this.#time.plan(this.#delayMs(), broken);
    const bytes = contentBytes + CALL_BYTES;
    const way = { bytes, inOrder: true, cut: broken, overflow: broken, held: () => undefined };
    const taken = (receiver: Endpoint) => {
      if (this.#pipes.has(pipe)) arrive(receiver);
    };
    this.#deliver(from, to, way, taken);
    if (contentBytes > 0 && duplication > 0 && this.#random.next() < duplication)
      this.#deliver(from, to, way, taken);
  }

  /** Calls into a process that still lives, once its network would have told it. */
  tell(endpoint: Endpoint | undefined, run: () => void): void {
    this.#time.plan(this.#delayMs(), () =>
      endpoint?.gate.pass(() => {
        if (endpoint.alive) run();
      }),
    );
  }

  /** Timers of the process at this end. */
  schedulerOf(endpoint: Endpoint): Scheduler {
    return this.#time.gated(
      () => endpoint.alive,
      (run) => endpoint.gate.pass(run),
    );
  }

  closeBetween(one: NodeId, other: NodeId): void {
    this.closeStreams((a, b) => (a === one && b === other) || (a === other && b === one));
  }

  /** Ends streams (from leader to follower) and tells both ends that still live. */
  closeStreams(which: (leader: NodeId, follower: NodeId) => boolean): void {
    for (const pipe of [...this.#pipes])
      if (which(pipe.leader, pipe.follower)) this.breakPipe(pipe);
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
    this.tell(endpoint, () => endpoint?.handler.streamClosed(peer));
  }

  #openStream(leader: NodeId, follower: NodeId): void {
    const stream = `${leader}>${follower}`;
    if (this.#streams.has(stream) || !this.#endpoints.has(follower)) return;
    this.#streams.add(stream);
    this.#endpoints.get(leader)?.handler.streamOpened(follower);
  }

  #deliver(
    from: Endpoint,
    to: NodeId,
    way: Way,
    arrive: (receiver: Endpoint, tookMs: number) => void,
  ): void {
    const { nowMs } = this.#time;
    const link = this.links.of(from.nodeId, to);
    let atMs = nowMs + this.#delayMs();
    if (way.inOrder) {
      atMs = Math.max(link.lastArrivalMs, atMs);
      link.lastArrivalMs = atMs;
    } else atMs += this.#random.next() * 20;
    const target = this.#endpoints.get(to);
    const take = () => {
      if (!from.alive || target?.alive !== true) return;
      if (target.gate.held) way.held();
      target.gate.pass(() => {
        if (target.alive) arrive(target, this.#time.nowMs - nowMs);
      });
    };
    this.#time.plan(atMs - nowMs, () => {
      if (link.cuts > 0) return way.cut();
      if (!readInTurn(this.#time, link, way.bytes, take)) way.overflow();
    });
  }

  #delayMs(): number {
    const { delayMsMin, delayMsMax } = this.weather;
    return delayMsMin + this.#random.next() * (delayMsMax - delayMsMin);
  }
}
