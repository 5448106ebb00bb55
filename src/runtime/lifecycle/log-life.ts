import type { LogIndex, Offset } from "../../common/brand.ts";
import type { Clock } from "../../common/clock.ts";
import type { Scheduler } from "../../common/scheduler.ts";
import type { StateImage, StateVoter } from "../../statemachine/checkpoint-state.ts";
import type { LogState } from "../../statemachine/log-state.ts";
import { compacts, type LogSettings } from "../../statemachine/settings.ts";
import type { CompactedPrefix } from "../../storage/compaction/types.ts";
import type { CheckpointStore } from "../../storage/snapshots/types.ts";
import type { HardStateStore, LogStore, SegmentStatus } from "../../storage/types.ts";
import type { AppendGate } from "../append-gate.ts";
import type { CoreLoop } from "../core-loop.ts";
import type { LeaderView } from "../leader-view.ts";
import type { LifecycleApi, SegmentOutlook, SnapshotStatus } from "../lifecycle-api.ts";
import type { TransferPins } from "../snapshots/transfer-pins.ts";
import type { LogView } from "../log-metrics.ts";
import type { Tracer } from "../tracer.ts";
import type { ClockWatch } from "./clock-watch.ts";
import { Checkpointer } from "./checkpointer.ts";
import type { Compressor } from "./compressor.ts";
import { deriveImage } from "./derive-image.ts";
import { LogCommands } from "./log-commands.ts";
import { type OutlookInput, outlookOf } from "./outlook.ts";
import { Policy } from "./policy.ts";
import type { RestoredState } from "./restored-state.ts";
import type { FollowerView } from "./retention.ts";
import { Upkeep } from "./upkeep.ts";

/** A follower heard of within this time holds the log's oldest back until it has them. */
const FOLLOWER_LIVE_MS = 10_000;

export interface LogLifeParts {
  readonly log: LogStore;
  readonly state: LogState;
  readonly voters: readonly StateVoter[];
  readonly store: CheckpointStore;
  readonly compacted: CompactedPrefix;
  readonly compressor: Compressor | undefined;
  readonly hardState: Pick<HardStateStore, "current">;
  readonly loop: CoreLoop;
  readonly leader: LeaderView;
  readonly appends: AppendGate;
  readonly pins: TransferPins;
  /** Transfers to followers, and to this node. */
  readonly transfers: () => SnapshotStatus["transfers"];
  readonly clock: Clock;
  readonly clocks: ClockWatch;
  readonly scheduler: Scheduler;
  /** A checkpoint became durable, after so long. */
  readonly checkpointed: (durationMs: number) => void;
  readonly tracer: Tracer;
  /** What holds before the log has settings. */
  readonly settings: LogSettings;
  readonly fail: (thrown: unknown) => void;
}

/** The life of a node's segments from their seal on: checkpoints, policy, upkeep, and commands. */
export class LogLife implements LifecycleApi {
  readonly #parts: LogLifeParts;
  readonly #checkpointer: Checkpointer;
  readonly #upkeep: Upkeep;
  readonly #policy: Policy;
  readonly #commands: LogCommands;
  #toldStart: Offset;
  #toldSnapshot: LogIndex;

  constructor(parts: LogLifeParts) {
    this.#parts = parts;
    const { log, state, store, voters, clock, scheduler, leader, appends, fail } = parts;
    this.#toldStart = state.logStartOffset;
    this.#toldSnapshot = state.snapshot.index;
    const saved = (durationMs: number) => {
      parts.checkpointed(durationMs);
      this.#upkeep.wake();
    };
    this.#checkpointer = new Checkpointer({ log, store, clock, saved, fail });
    this.#upkeep = new Upkeep({
      ...parts,
      checkpointer: this.#checkpointer,
      imageAt: (index) => deriveImage(log, store, voters, index),
    });
    this.#policy = new Policy({
      ...{ appends, scheduler },
      input: () => (state.settings === undefined ? undefined : this.#input()),
      ticked: () => this.#ticked(),
    });
    this.#commands = new LogCommands({ log, state, leader, appends });
  }

  /** What a boot found damaged is written anew; from now on the policy is looked at. */
  start({ captured, damaged }: Pick<RestoredState, "captured" | "damaged">): void {
    for (const { file, damage } of damaged)
      this.#parts.tracer.tell("snapshot.damaged", { file, reason: damage });
    for (const { index, image } of captured)
      if (damaged.some((one) => one.index === index)) this.#checkpointer.captured(index, image);
    this.#policy.start();
    this.#upkeep.wake();
  }

  /** Nothing begins from now on. Resolves when nothing is being written any more. */
  async stop(): Promise<void> {
    this.#policy.stop();
    this.#checkpointer.stop();
    this.#commands.stop();
    await this.#upkeep.stop();
  }

  /** All up to `index`, the end of a segment, is applied. */
  captured(index: LogIndex, image: StateImage): void {
    this.#checkpointer.captured(index, image);
  }

  segmentSealed(segment: SegmentStatus): void {
    this.#checkpointer.sealed(segment);
    this.#commands.sealed();
    // Disk use depends on what is kept, not on how much is written from one look to the next.
    this.#policy.look();
    this.#upkeep.wake();
  }

  /** Entries were applied: there may be a trim or a snapshot among them. */
  applied(): void {
    const { state, tracer } = this.#parts;
    const { logStartOffset, snapshot } = state;
    if (logStartOffset === this.#toldStart && snapshot.index === this.#toldSnapshot) return;
    if (logStartOffset !== this.#toldStart) tracer.tell("log.trimmed", { logStartOffset });
    if (snapshot.index !== this.#toldSnapshot)
      tracer.tell("snapshot.taken", { upTo: snapshot.index });
    this.#toldStart = logStartOffset;
    this.#toldSnapshot = snapshot.index;
    this.#upkeep.wake();
  }

  /** A snapshot is about to take the place of the log. Resolves when nothing else touches it. */
  installing(): Promise<void> {
    return this.#upkeep.suspend();
  }

  /** The log is made anew behind a snapshot; on the disk it may still be the old one. */
  logReplaced(): void {
    this.#checkpointer.reset();
    this.#stateReplaced();
  }

  /** A snapshot took the place of all up to `index`. */
  prefixReplaced(index: LogIndex): void {
    this.#checkpointer.prefixReplaced(index);
    this.#stateReplaced();
  }

  /** The disk holds the new log, too: what only the old one needs may go. */
  installed(): void {
    this.#upkeep.resume();
  }

  /** What is compacted is whole again. */
  mended(): void {
    this.#upkeep.wake();
  }

  #stateReplaced(): void {
    const { logStartOffset, snapshot } = this.#parts.state;
    this.#toldStart = logStartOffset;
    this.#toldSnapshot = snapshot.index;
  }

  /** This node leads no more: what waits for a leader's entry is told. */
  steppedDown(): void {
    this.#commands.steppedDown();
  }

  changeSettings(changes: Partial<LogSettings>): Promise<LogSettings> {
    return this.#parts.appends.changeSettings(changes);
  }

  settings(): LogSettings | undefined {
    return this.#parts.state.settings;
  }

  async trim(beforeOffset: Offset): Promise<Offset> {
    const start = await this.#commands.trim(beforeOffset);
    this.#policy.look();
    return start;
  }

  triggerSnapshot(): Promise<LogIndex> {
    return this.#commands.triggerSnapshot();
  }

  roll(): Promise<LogIndex> {
    return this.#commands.roll();
  }

  /** What its metrics are made of. */
  view(): LogView {
    const { compacted } = this.#parts;
    return { input: this.#input(), snapshots: this.snapshots(), compacted };
  }

  outlook(): readonly SegmentOutlook[] {
    return outlookOf(this.#input());
  }

  snapshots(): SnapshotStatus {
    const { compacted, hardState, state, store, transfers } = this.#parts;
    // The log's word counts until something goes by it; a snapshot that was sent is recorded first.
    const recorded = hardState.current.snapshot?.index ?? (0 as LogIndex);
    const index = recorded > state.snapshot.index ? recorded : state.snapshot.index;
    const { damage: damaged } = compacted;
    return { index, checkpoints: store.list(), damaged, transfers: transfers() };
  }

  #ticked(): void {
    const { clocks, leader, state } = this.#parts;
    this.#upkeep.wake();
    if (leader.role === "leader" && state.settings !== undefined && goesByAge(state.settings))
      clocks.look();
  }

  #input(): OutlookInput {
    const { log, state, compacted, pins, clock, clocks, leader } = this.#parts;
    const trusted = leader.role !== "leader" || clocks.agrees;
    return {
      settings: state.settings ?? this.#parts.settings,
      segments: log.segments(),
      compacted: compacted.segments(),
      compactedTo: compacted.upTo.index,
      snapshot: state.snapshot,
      logStartOffset: state.logStartOffset,
      appliedIndex: state.appliedIndex,
      nowMs: trusted ? clock.wallMs() : undefined,
      followers: this.#followers(),
      pinnedFrom: pins.pinnedFrom,
    };
  }

  #followers(): readonly FollowerView[] {
    const { loop, clock } = this.#parts;
    const sinceMs = clock.nowMs() - FOLLOWER_LIVE_MS;
    return loop.raft.status().peers.map(({ peer, matchIndex, lastContactMs }) => ({
      ...{ peer, matchIndex },
      live: lastContactMs !== undefined && lastContactMs >= sinceMs,
    }));
  }
}

/** Only then must the clocks be compared. */
function goesByAge(settings: LogSettings): boolean {
  const { retentionMs, segmentMs } = settings;
  return retentionMs !== undefined || segmentMs !== undefined || compacts(settings);
}
