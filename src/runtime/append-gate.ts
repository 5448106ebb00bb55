import { deferred } from "../common/deferred.ts";
import { LogError } from "../common/errors.ts";
import { MAX_APPEND_ENTRIES_BYTES } from "../common/limits.ts";
import type { Scheduler } from "../common/scheduler.ts";
import { type Control, encodeControl } from "../statemachine/control.ts";
import type { LogState } from "../statemachine/log-state.ts";
import type { LogSettings } from "../statemachine/settings.ts";
import { settingsProblem } from "../statemachine/settings-codec.ts";
import type { LogStore } from "../storage/types.ts";
import { type AppendQueue, QueuedAppend, type Settle } from "./append-queue.ts";
import { type CoreLoop, NO_CONTEXT } from "./core-loop.ts";
import type { LeaderView } from "./leader-view.ts";
import type { AppendAck, AppendBatch, ProducerOpened } from "./node-api.ts";
import { ProducerFences } from "./producer-fences.ts";
import type { ProposalMetrics } from "./proposal-metrics.ts";
import type { Tracer } from "./tracer.ts";

/** A group that reaches this is full. Its frames live and die in memory together. */
const GROUP_BYTES = MAX_APPEND_ENTRIES_BYTES;

/** What the leader appends on its own to let the log's oldest go. */
export type UpkeepEntry = Extract<Control, { control: "roll" | "trim" | "snapshot" }> | "noop";

export interface AppendGateParts {
  readonly loop: CoreLoop;
  readonly log: LogStore;
  readonly state: LogState;
  readonly appends: AppendQueue;
  readonly leader: LeaderView;
  readonly scheduler: Scheduler;
  readonly tracer: Tracer;
  readonly metrics: ProposalMetrics;
  /** What this node proposes when the log has no settings yet. */
  readonly settings: LogSettings;
  /** Appends go through from now on. */
  readonly opened: () => void;
}

/** How soon settings that were refused are proposed again. */
const SETTINGS_RETRY_MS = 200;

/**
 * The way in. Appends that arrive together become one group; a new leader lets none through until
 * its no-op is applied and the log's settings are fixed, so that what lies on top is its own.
 */
export class AppendGate {
  readonly #parts: AppendGateParts;
  readonly #fences = new ProducerFences();
  #open = false;
  #settingsProposed = false;
  /** On their way into the log: the next change builds on them. */
  #changing: LogSettings | undefined;

  constructor(parts: AppendGateParts) {
    this.#parts = parts;
  }

  /** This node leads, and its appends go through. */
  get open(): boolean {
    return this.#open;
  }

  append(batch: AppendBatch, settle: Settle): void {
    const { leader, appends } = this.#parts;
    if (leader.role !== "leader") return settle(leader.refusal());
    const fenced = this.#fences.check(batch.producer);
    if (fenced !== undefined) return settle(fenced);
    if (!appends.gather(new QueuedAppend("data", batch, settle)))
      return settle(leader.refusal("backpressure"));
    if (appends.gathered === 1) this.#parts.scheduler.defer(() => this.#flush());
  }

  /** @throws LogError NOT_LEADER | NO_QUORUM | UNAVAILABLE | PRODUCER_FENCED */
  openProducer(id: number, epoch: number): ProducerOpened {
    const { leader, log } = this.#parts;
    if (!this.#open) throw leader.refusal();
    this.#fences.open(id, epoch);
    return { term: leader.term, barrier: log.tail.nextOffset };
  }

  /**
   * Replaces the given settings by an entry of the log; answers all of them once it is applied.
   * Refused off the leader, and until its appends go through.
   */
  changeSettings(changes: Partial<LogSettings>): Promise<LogSettings> {
    const { leader, appends, state, scheduler } = this.#parts;
    const changed = deferred<LogSettings>();
    if (!this.#open) return Promise.reject(leader.refusal());
    const settings = { ...(this.#changing ?? state.settings ?? this.#parts.settings), ...changes };
    const problem = settingsProblem(settings);
    if (problem !== undefined) return Promise.reject(new LogError("INVALID_ARGUMENT", problem));
    const payload = encodeControl({ control: "settings", settings });
    const settle: Settle = (result) => {
      if (this.#changing === settings) this.#changing = undefined;
      if (result instanceof LogError) changed.reject(result);
      else changed.resolve(settings);
    };
    const batch = { payload, recordCount: 0, producer: undefined };
    if (!appends.gather(new QueuedAppend("control", batch, settle)))
      return Promise.reject(leader.refusal("backpressure"));
    this.#changing = settings;
    if (appends.gathered === 1) scheduler.defer(() => this.#flush());
    return changed.promise;
  }

  /**
   * Appends these as one group, on full disks, too: they lead to room. Answers where the last one
   * lies, once it is applied. Refused off the leader, and until its appends go through.
   */
  appendUpkeep(entries: readonly UpkeepEntry[]): Promise<AppendAck> {
    const { leader } = this.#parts;
    if (!this.#open) return Promise.reject(leader.refusal());
    const done = deferred<AppendAck>();
    const settle: Settle = (result) => {
      if (result instanceof LogError) done.reject(result);
      else done.resolve(result);
    };
    const last = entries.length - 1;
    this.#propose(entries.map((entry, at) => upkeep(entry, at === last ? settle : undefined)));
    return done.promise;
  }

  /** Called at every change of role, term or leader. */
  stateChanged(led: boolean): void {
    const { leader } = this.#parts;
    if (leader.role === "leader") return;
    this.#open = false;
    this.#settingsProposed = false;
    this.#fences.clear();
    if (led) this.#abandon(leader.lost(), leader.refusal());
  }

  /** Entries were applied: the no-op of this term, or the settings, may be among them. */
  applied(): void {
    if (this.#open || this.#parts.leader.role !== "leader") return;
    this.#parts.scheduler.defer(() => this.#tryOpen());
  }

  close(error: LogError): void {
    this.#open = false;
    const unknown = new LogError(error.code, error.message, { outcome: "unknown" });
    this.#abandon(unknown, error);
  }

  #abandon(unknown: LogError, failed: LogError): void {
    const { appends, metrics } = this.#parts;
    metrics.lost(appends.waiting);
    metrics.failed(appends.gathered, failed.code);
    appends.abandon(unknown, failed);
  }

  #tryOpen(): void {
    const { leader, loop, state, settings, tracer } = this.#parts;
    if (this.#open || leader.role !== "leader" || !loop.raft.status().ready) return;
    if (state.settings === undefined) {
      if (this.#settingsProposed) return;
      this.#settingsProposed = true;
      const payload = encodeControl({ control: "settings", settings });
      const batch = { payload, recordCount: 0, producer: undefined };
      return this.#propose([new QueuedAppend("control", batch, this.#settingsSettled)]);
    }
    this.#open = true;
    tracer.tell("leader.ready", { highWatermark: state.highWatermark });
    this.#parts.opened();
    this.#flush();
  }

  /** Refused, because a disk is full for instance, they are proposed again a little later. */
  readonly #settingsSettled: Settle = (result) => {
    const { leader, scheduler } = this.#parts;
    if (!(result instanceof LogError) || leader.role !== "leader") return;
    const { term } = leader;
    scheduler.after(SETTINGS_RETRY_MS, () => {
      if (leader.term !== term) return;
      this.#settingsProposed = false;
      this.#tryOpen();
    });
  };

  #flush(): void {
    const { appends, leader } = this.#parts;
    if (!this.#open || leader.role !== "leader") return;
    let group: QueuedAppend[] = [];
    let bytes = 0;
    for (const append of appends.takeGathered()) {
      // A newer connection of the same producer may have been opened since it was gathered.
      const fenced = this.#fences.check(append.producer);
      if (fenced !== undefined) {
        this.#parts.metrics.failed(1, fenced.code);
        append.settle?.(fenced);
        continue;
      }
      group.push(append);
      bytes += append.bytes;
      if (bytes < GROUP_BYTES) continue;
      this.#propose(group);
      group = [];
      bytes = 0;
    }
    if (group.length > 0) this.#propose(group);
  }

  #propose(group: readonly QueuedAppend[]): void {
    this.#parts.loop.post({ type: "proposed", proposals: group }, { ...NO_CONTEXT, group });
  }
}

function upkeep(entry: UpkeepEntry, settle: Settle | undefined): QueuedAppend {
  const payload = entry === "noop" ? new Uint8Array(0) : encodeControl(entry);
  const batch = { payload, recordCount: 0, producer: undefined };
  return new QueuedAppend(entry === "noop" ? "noop" : "control", batch, settle, true);
}
