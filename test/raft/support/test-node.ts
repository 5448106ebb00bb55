import { assert, unreachable } from "../../../src/common/assert.ts";
import type { LogIndex, NodeId } from "../../../src/common/brand.ts";
import { seededRandom } from "../../../src/common/random.ts";
import {
  type AppendEntries,
  type Effect,
  type EntryId,
  InvariantChecker,
  type Message,
  type ReceivedMessage,
  Raft,
  type RaftConfig,
  type RaftEvent,
  type RaftStatus,
} from "../../../src/raft/index.ts";
import { ENTRY_BYTES } from "./raft-config.ts";
import { type Entry, runsOf, type TestDisk } from "./test-disk.ts";

type EffectOf<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;
type Sent = Extract<RaftEvent, { type: "sent" }>;
type SnapshotSent = Extract<RaftEvent, { type: "snapshotSent" }>;

/** A message and, beside it, what the core does not see. */
export interface Packet {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: ReceivedMessage;
  readonly values: readonly string[];
  /** What a snapshot stands for. */
  readonly snapshot?: readonly Entry[] | undefined;
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
  /** Transfers that the core was not told the end of yet. */
  readonly transfers: SnapshotSent[] = [];
  #staged: readonly Entry[] = [];
  #firstFaulty: LogIndex | undefined;
  #incoming: readonly Entry[] = [];
  #incomingFirst = 0;
  #proposed: readonly string[] = [];

  readonly #options: TestNodeOptions;

  constructor(options: TestNodeOptions) {
    const { config, disk, world, seed, RaftClass = Raft, checked = true } = options;
    this.#options = options;
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

  /** The next boot on the same disk. */
  restarted(): TestNode {
    this.disk.crash();
    return new TestNode(this.#options);
  }

  start(): void {
    const { checkpoint: committed, firstFaulty, hardState } = this.disk;
    this.committed = committed;
    this.applied = committed;
    this.#firstFaulty = firstFaulty;
    this.step({ type: "started", hardState, log: this.disk.terms(), firstFaulty, committed });
  }

  receive({ from, message, values, snapshot }: Packet): void {
    if (snapshot !== undefined) this.#staged = snapshot;
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
    const synced = this.disk.syncLog();
    if (synced?.type === "snapshotInstalled") {
      this.committed = Math.max(this.committed, synced.last.index) as LogIndex;
      this.applied = Math.max(this.applied, synced.last.index) as LogIndex;
    }
    if (synced !== undefined) this.step(synced);
    return synced !== undefined;
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

  /** The oldest transfer ended, well or not. @returns whether there was one. */
  answerTransfer(well = true): boolean {
    const ended = this.transfers.shift();
    if (ended !== undefined) this.step(well ? ended : { ...ended, last: undefined });
    return ended !== undefined;
  }

  /** Lets go of all up to the entry at `index`, which is applied. */
  truncatePrefix(index: number): void {
    if (index <= this.disk.prev.index) return;
    this.step({ type: "prefixTruncated", last: this.disk.truncatePrefix(index) });
  }

  /** Its leader, `to`, asked for an entry that it has let go of. */
  giveSnapshot(to: NodeId): void {
    if (this.status.leaderId === to && this.status.installing === undefined)
      this.#sendCheckpoint(to, to);
  }

  /** The next thing that its disk or its runner has to say. @returns whether there was any. */
  settle(): boolean {
    const disk = (): boolean => this.syncHardState() || this.syncLog();
    return this.answerSent() || this.answerTransfer() || disk() || this.apply();
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
      case "sendSnapshot":
        return this.#sendSnapshot(effect);
      case "installSnapshot":
        return this.disk.install(this.#staged, effect);
      case "discardSnapshot":
        return;
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
    assert(prev.index >= this.disk.prev.index, `entries from ${prev.index + 1} on are gone`);
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

  #sendSnapshot({ to, term }: EffectOf<"sendSnapshot">): void {
    const last = this.#sendCheckpoint(to, this.nodeId);
    this.transfers.push({ type: "snapshotSent", to, term, last });
  }

  /** Now the checkpoint at the log's beginning, now the newest one: receivers take either. */
  #sendCheckpoint(to: NodeId, leaderId: NodeId): EntryId {
    const newest = this.disk.prev.index % 2 === 0;
    const last = this.disk.idAt(newest ? this.applied : this.disk.prev.index);
    const { currentTerm: term } = this.status;
    const message = { type: "InstallSnapshot" as const, term, leaderId, last };
    const snapshot = this.disk.entries.slice(0, last.index);
    this.#world.send({ from: this.nodeId, to, message, values: [], snapshot });
    return last;
  }

  #send(to: NodeId, message: Message, values: readonly string[]): void {
    this.#world.send({ from: this.nodeId, to, message, values });
  }
}
