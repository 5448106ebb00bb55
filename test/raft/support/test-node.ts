import { unreachable } from "../../../src/common/assert.ts";
import type { LogIndex, NodeId } from "../../../src/common/brand.ts";
import { seededRandom } from "../../../src/common/random.ts";
import {
  type AppendEntries,
  type Effect,
  InvariantChecker,
  type Message,
  Raft,
  type RaftConfig,
  type RaftEvent,
  type RaftStatus,
} from "../../../src/raft/index.ts";
import { ENTRY_BYTES } from "./raft-config.ts";
import { type Entry, runsOf, type TestDisk } from "./test-disk.ts";

type EffectOf<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;
type Sent = Extract<RaftEvent, { type: "sent" }>;

/** A message and, beside it, what the core does not see. */
export interface Packet {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: Message;
  readonly values: readonly string[];
}

/** What a node tells the world it runs in. */
export interface World {
  nowMs(): number;
  send(packet: Packet): void;
  stepped(node: TestNode, event: RaftEvent, effects: readonly Effect[]): void;
}

export interface TestNodeOptions {
  readonly config: RaftConfig;
  readonly disk: TestDisk;
  readonly world: World;
  readonly seed: number;
  /** A core with a planted bug, instead of the real one. */
  readonly RaftClass?: typeof Raft | undefined;
  /** Off where a planted bug is to be found by the cluster's properties alone. */
  readonly checked?: boolean | undefined;
}

/** One boot of a core on a test disk: carries out effects as `docs/effects.md` says. */
export class TestNode {
  readonly nodeId: NodeId;
  readonly disk: TestDisk;
  readonly config: RaftConfig;
  readonly #world: World;
  readonly #raft: Raft;
  readonly #checker: InvariantChecker | undefined;
  deadlineMs = Number.POSITIVE_INFINITY;
  /** Committed, and how much of it is applied. */
  committed = 0 as LogIndex;
  applied = 0 as LogIndex;
  /** Answers of `sendEntries` that the core has not been given yet. */
  readonly sent: Sent[] = [];
  #firstFaulty: LogIndex | undefined;
  #incoming: readonly Entry[] = [];
  #incomingFirst = 0;
  #proposed: readonly string[] = [];

  constructor({ config, disk, world, seed, RaftClass = Raft, checked = true }: TestNodeOptions) {
    this.nodeId = config.nodeId;
    this.config = config;
    this.disk = disk;
    this.#world = world;
    this.#raft = new RaftClass(config, seededRandom(seed));
    this.#checker = checked ? new InvariantChecker(this.#raft.status()) : undefined;
  }

  get status(): RaftStatus {
    return this.#raft.status();
  }

  start(): void {
    const { firstFaulty, hardState } = this.disk;
    this.#firstFaulty = firstFaulty;
    this.step({ type: "started", hardState, log: this.disk.terms(), firstFaulty });
  }

  receive({ from, message, values }: Packet): void {
    if (message.type === "AppendEntries") this.#readEntries(message, values);
    this.step({ type: "received", from, message });
  }

  propose(values: readonly string[], { makesRoom = false } = {}): void {
    this.#proposed = values;
    const proposals = values.map(() => ({ bytes: ENTRY_BYTES, makesRoom }));
    this.step({ type: "proposed", proposals });
  }

  /** @returns whether a write was waiting. */
  syncLog(): boolean {
    const last = this.disk.syncLog();
    if (last !== undefined) this.step({ type: "entriesPersisted", last });
    return last !== undefined;
  }

  syncHardState(): boolean {
    const hardState = this.disk.syncHardState();
    if (hardState !== undefined) this.step({ type: "hardStatePersisted", hardState });
    return hardState !== undefined;
  }

  answerSent(): boolean {
    const sent = this.sent.shift();
    if (sent !== undefined) this.step(sent);
    return sent !== undefined;
  }

  /** Tells what was damaged or repaired, or cut off, since this was told last. */
  tellFaulty(): boolean {
    const first = this.disk.firstFaulty;
    if (first === this.#firstFaulty) return false;
    this.#firstFaulty = first;
    this.step({ type: "faultyChanged", first });
    return true;
  }

  apply(): boolean {
    const whole = (this.disk.firstFaulty ?? Number.POSITIVE_INFINITY) - 1;
    const upTo = Math.min(this.committed, whole) as LogIndex;
    if (this.applied >= upTo) return false;
    this.applied = upTo;
    this.step({ type: "applied", index: this.applied });
    return true;
  }

  step(event: RaftEvent): void {
    if (event.type === "timedOut") this.deadlineMs = Number.POSITIVE_INFINITY;
    const effects = this.#raft.step(this.#world.nowMs(), event);
    for (const effect of effects) this.#carryOut(effect);
    this.#world.stepped(this, event, effects);
    this.#checker?.stepped(event, effects, this.#raft.status());
    this.tellFaulty();
  }

  #readEntries({ prevLogIndex, entries }: AppendEntries, values: readonly string[]): void {
    const terms = entries.flatMap(({ term, count }) => Array.from({ length: count }, () => term));
    this.#incoming = terms.map((term, at) => ({ term, value: values[at] ?? "" }));
    this.#incomingFirst = prevLogIndex + 1;
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case "persistHardState":
        return this.disk.persistHardState(effect.hardState);
      case "truncateSuffix":
        return this.disk.truncateSuffix(effect.from);
      case "appendEntries":
        return this.disk.append(effect.first, this.#entriesFor(effect), effect.last);
      case "send":
        return this.#send(effect.to, effect.message, []);
      case "sendEntries":
        return this.#sendEntries(effect);
      case "commit":
        this.committed = effect.index;
        return;
      case "setDeadline":
        this.deadlineMs = effect.atMs;
        return;
      case "rejectProposals":
      case "readReady":
      case "readRejected":
      case "stateChanged":
      case "trace":
        return;
      default:
        return unreachable(effect);
    }
  }

  #entriesFor({ first, last, source }: EffectOf<"appendEntries">): readonly Entry[] {
    const count = last.index - first + 1;
    switch (source) {
      case "noop":
        return [{ term: last.term, value: "noop" }];
      case "proposals":
        return this.#proposed.slice(0, count).map((value) => ({ term: last.term, value }));
      case "leader":
        return this.#incoming.slice(first - this.#incomingFirst).slice(0, count);
      default:
        return unreachable(source);
    }
  }

  #sendEntries({ to, term, prev, maxBytes, leaderCommit, readRound }: EffectOf<"sendEntries">) {
    const count = Math.max(1, Math.floor(maxBytes / ENTRY_BYTES));
    const whole = (this.disk.firstFaulty ?? Number.POSITIVE_INFINITY) - 1;
    const entries = this.disk.entries.slice(prev.index, Math.min(whole, prev.index + count));
    const message: AppendEntries = {
      type: "AppendEntries",
      term,
      leaderId: this.nodeId,
      prevLogIndex: prev.index,
      prevLogTerm: prev.term,
      entries: runsOf(entries),
      leaderCommit,
      readRound,
    };
    this.#send(
      to,
      message,
      entries.map(({ value }) => value),
    );
    const last = (prev.index + entries.length) as LogIndex;
    this.sent.push({ type: "sent", to, term, last, bytes: entries.length * ENTRY_BYTES });
  }

  #send(to: NodeId, message: Message, values: readonly string[]): void {
    this.#world.send({ from: this.nodeId, to, message, values });
  }
}
