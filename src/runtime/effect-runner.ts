import { assert, unreachable } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import type { Clock } from "../common/clock.ts";
import { LogError } from "../common/errors.ts";
import { FatalError } from "../common/fatal-error.ts";
import type { FrameBlock } from "../common/frame-block.ts";
import type { Effect } from "../raft/index.ts";
import type { LogSettings } from "../statemachine/settings.ts";
import { stampBlock } from "../storage/index.ts";
import type { FrameRun, HardStateStore, LogStore } from "../storage/types.ts";
import type { PeerTransport } from "../transport/types.ts";
import { type AppendQueue, QueuedAppend } from "./append-queue.ts";
import type { Applier } from "./applier.ts";
import type { CoreLoop, StepContext } from "./core-loop.ts";
import type { Deadline } from "./deadline.ts";
import type { LeaderView } from "./leader-view.ts";
import type { ProposalMetrics } from "./proposal-metrics.ts";
import type { SnapshotPort } from "./snapshot-port.ts";
import type { ReadGate } from "./read-gate.ts";
import type { Tracer } from "./tracer.ts";

type EffectOf<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;

/** Everything that effects act on. */
export interface EffectTargets {
  readonly nodeId: NodeId;
  readonly clock: Clock;
  readonly loop: CoreLoop;
  readonly log: LogStore;
  readonly hardState: HardStateStore;
  readonly transport: PeerTransport;
  readonly appends: AppendQueue;
  readonly applier: Applier;
  readonly reads: ReadGate;
  readonly leader: LeaderView;
  readonly deadline: Deadline;
  readonly tracer: Tracer;
  readonly metrics: ProposalMetrics;
  /** Carries snapshots between nodes; a log that never loses its prefix needs none. */
  readonly snapshots?: SnapshotPort;
  readonly settings: () => LogSettings;
  /** Role, term or leader changed; `led` tells whether this node was leader before. */
  readonly stateChanged: (led: boolean) => void;
  readonly fail: (thrown: unknown) => void;
}

/** Carries out what the core asks for, in the order of the list: one function per effect. */
export class EffectRunner {
  readonly #to: EffectTargets;

  constructor(targets: EffectTargets) {
    this.#to = targets;
  }

  readonly run = (effects: readonly Effect[], context: StepContext): void => {
    for (const effect of effects) this.#carryOut(effect, context);
  };

  #carryOut(effect: Effect, context: StepContext): void {
    switch (effect.type) {
      case "persistHardState":
        return this.#persistHardState(effect);
      case "truncateSuffix":
        return this.#truncateSuffix(effect);
      case "appendEntries":
        return this.#appendEntries(effect, context);
      case "send":
        return this.#to.transport.send(effect.to, {
          message: effect.message,
          frames: [],
          prevChain: 0,
        });
      case "sendEntries":
        return this.#sendEntries(effect);
      case "sendSnapshot":
        return this.#snapshots.send(effect);
      case "installSnapshot":
        return this.#snapshots.install(effect);
      case "discardSnapshot":
        return this.#snapshots.discard(effect);
      case "commit":
        this.#to.tracer.detail("entry.committed", { index: effect.index, ofTerm: effect.term });
        this.#to.metrics.committed(effect.index);
        this.#to.log.committed(effect.index);
        return this.#to.applier.commit(effect.index, effect.term);
      case "rejectProposals":
        return this.#rejectProposals(effect, context.group);
      case "readReady":
        return this.#to.reads.ready(effect.requestId, effect.index);
      case "readRejected":
        return this.#to.reads.rejected(effect.requestId, this.#to.leader.refusal(effect.reason));
      case "stateChanged":
        return this.#stateChanged(effect);
      case "setDeadline":
        return this.#to.deadline.set(effect.atMs);
      case "trace":
        return this.#to.tracer.tell(effect.event, effect.facts);
      default:
        return unreachable(effect);
    }
  }

  get #snapshots(): SnapshotPort {
    const { snapshots } = this.#to;
    assert(snapshots !== undefined, "a log whose prefix goes has snapshots in its place");
    return snapshots;
  }

  #persistHardState({ hardState }: EffectOf<"persistHardState">): void {
    this.#to.hardState
      .update(hardState)
      .then(() => this.#to.loop.post({ type: "hardStatePersisted", hardState }), this.#to.fail);
  }

  #truncateSuffix({ from }: EffectOf<"truncateSuffix">): void {
    const { log, applier, tracer, loop } = this.#to;
    tracer.tell("log.truncated", { from, lastIndex: log.tail.last.index });
    log.truncateSuffix(from);
    applier.truncated(from);
    loop.post({ type: "faultyChanged", first: log.faulty[0]?.index });
  }

  #appendEntries(effect: EffectOf<"appendEntries">, context: StepContext): void {
    switch (effect.source) {
      case "noop":
        return this.#append(this.#stamp(effect, [noop()]));
      case "proposals":
        this.#to.metrics.proposed(effect.last.index);
        return this.#append(this.#stamp(effect, context.group));
      case "leader":
        return this.#append(this.#received(effect, context));
      default:
        return unreachable(effect.source);
    }
  }

  #stamp({ first, last }: EffectOf<"appendEntries">, group: readonly QueuedAppend[]): FrameBlock {
    const { log, clock, appends, settings } = this.#to;
    const count = last.index - first + 1;
    const taken = count === group.length ? group : group.slice(0, count);
    const frames = stampBlock(log.tail, settings(), last.term, clock.wallMs(), taken);
    assert(frames.index(0) === first, "the core and the log agree on the next index");
    taken.forEach((append, at) => appends.stamped(append, frames.index(at), frames.baseOffset(at)));
    return frames;
  }

  /** The frames of the leader that are new here; what they build on must be the same history. */
  #received(effect: EffectOf<"appendEntries">, context: StepContext): FrameBlock {
    const { log, nodeId } = this.#to;
    const { frames } = context;
    assert(frames !== undefined, "entries come with their frames");
    const start = effect.first - frames.index(0);
    assert(start >= 0 && start < frames.count, "the core appends only what the message holds");
    const before = start === 0 ? context.prevChain : frames.chain(start - 1);
    if (before !== log.tail.chain)
      throw new FatalError(
        "invariant",
        `${nodeId}: entry ${effect.first - 1} of term ${log.tail.last.term} has another history ` +
          "here than on its leader: two logs have diverged; keep both data directories, report it",
      );
    return frames.after(start);
  }

  #append(frames: FrameBlock): void {
    if (this.#to.tracer.detailed) this.#tellAppended(frames);
    this.#to.applier.entering(frames);
    this.#to.log.append(frames);
  }

  /** One event a run of equal terms: enough to know the term of every entry of the log. */
  #tellAppended(frames: FrameBlock): void {
    let first = frames.index(0);
    for (let at = 0; at < frames.count; at++) {
      const ofTerm = frames.term(at);
      const after = at + 1;
      if (after < frames.count && frames.term(after) === ofTerm) continue;
      const [last, chain] = [frames.index(at), frames.chain(at)];
      this.#to.tracer.tell("entry.appended", { first, last, ofTerm, chain });
      if (after < frames.count) first = frames.index(after);
    }
  }

  #sendEntries(effect: EffectOf<"sendEntries">): void {
    const { log, loop, fail } = this.#to;
    const first = (effect.prev.index + 1) as typeof effect.prev.index;
    const run = log.read(first, effect.maxBytes, log.tail.last.index);
    if (!(run instanceof Promise)) return this.#sendRun(effect, run);
    run.then(
      (frames) => this.#sendRun(effect, frames),
      (thrown: unknown) => {
        const { to, term, prev } = effect;
        // Damage is told to the listener and repaired; a later heartbeat tries again. A read that
        // lost its range to a truncation belongs to a leadership that is over.
        if (thrown instanceof LogError || loop.raft.status().currentTerm !== term)
          return loop.post({ type: "sent", to, term, last: prev.index, bytes: 0 });
        fail(thrown);
      },
    );
  }

  #sendRun(effect: EffectOf<"sendEntries">, run: FrameRun): void {
    const { to, term, prev, leaderCommit, readRound } = effect;
    const message = {
      type: "AppendEntries" as const,
      term,
      leaderId: this.#to.nodeId,
      prevLogIndex: prev.index,
      prevLogTerm: prev.term,
      entries: [],
      leaderCommit,
      readRound,
    };
    this.#to.transport.send(to, { message, frames: run.chunks, prevChain: run.prevChain });
    const { index: last } = run.last;
    this.#to.loop.post({ type: "sent", to, term, last, bytes: run.byteLength });
  }

  #rejectProposals(
    { from, reason }: EffectOf<"rejectProposals">,
    group: readonly QueuedAppend[],
  ): void {
    const { leader, tracer, metrics } = this.#to;
    tracer.detail("append.rejected", { count: group.length - from, reason });
    const error = leader.refusal(reason);
    metrics.failed(group.length - from, error.code);
    for (const { settle } of group.slice(from)) settle?.(error);
  }

  #stateChanged({ role, term, leaderId }: EffectOf<"stateChanged">): void {
    const { leader, tracer, stateChanged } = this.#to;
    const led = leader.role === "leader";
    leader.role = role;
    leader.term = term;
    leader.leaderId = leaderId;
    tracer.term = term;
    stateChanged(led);
  }
}

function noop(): QueuedAppend {
  const batch = { payload: new Uint8Array(0), recordCount: 0, producer: undefined };
  return new QueuedAppend("noop", batch, undefined);
}
