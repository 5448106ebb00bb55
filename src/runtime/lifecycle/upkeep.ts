import type { LogIndex, Offset } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import type { StateImage } from "../../statemachine/checkpoint-state.ts";
import type { LogState } from "../../statemachine/log-state.ts";
import { compacts, type LogSettings } from "../../statemachine/settings.ts";
import type { CompactedPrefix, CompactionOrder } from "../../storage/compaction/types.ts";
import type { CheckpointStore } from "../../storage/snapshots/types.ts";
import type { LogStore, SegmentStatus } from "../../storage/types.ts";
import type { CoreLoop } from "../core-loop.ts";
import type { TransferPins } from "../snapshots/transfer-pins.ts";
import type { Tracer } from "../tracer.ts";
import { type Checkpointer, isIntact } from "./checkpointer.ts";
import type { Compressor } from "./compressor.ts";
import { MAX_HELD_BACK_SEGMENTS } from "./retention.ts";
import { termAt } from "./term-at.ts";

/** Length of a window of the strategy `time-window`. */
const COMPACTION_WINDOW_MS = 86_400_000;

export interface UpkeepParts {
  readonly log: LogStore;
  readonly state: LogState;
  readonly store: CheckpointStore;
  readonly checkpointer: Checkpointer;
  readonly compacted: CompactedPrefix;
  /** Absent: this node compresses nothing. */
  readonly compressor?: Compressor | undefined;
  readonly pins: Pick<TransferPins, "allowed">;
  readonly loop: Pick<CoreLoop, "post">;
  readonly tracer: Tracer;
  /** The state at the end of a segment whose checkpoint is not kept. */
  readonly imageAt: (index: LogIndex) => Promise<StateImage>;
  readonly fail: (thrown: unknown) => void;
}

/**
 * Carries out on this node what the log's own word allows: compacts up to the snapshot, lets go
 * what lies below the log start or is compacted, and the checkpoints in between. Everything is
 * derived from `LogState` anew, so a restart goes on where the crash was.
 */
export class Upkeep {
  readonly #parts: UpkeepParts;
  #running: Promise<void> | undefined;
  #again = false;
  #compaction: AbortController | undefined;
  #compression: AbortController | undefined;
  /** So many segments may wait for a run; twice as many for one that begins anew, or none ends. */
  #patience = MAX_HELD_BACK_SEGMENTS;
  /** Not worth a run: the next snapshot may be, or another ratio. */
  #skipped: { readonly upTo: LogIndex; readonly ratio: number } | undefined;
  /** Why it could not go on, as told last. */
  #told: string | undefined;
  #suspended = false;
  #stopped = false;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  /** Something changed: a control was applied, a segment sealed, a transfer ended, time passed. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    // A run reads what would go: it is waited for, but not at any price.
    if (this.#compaction?.signal.aborted === false && this.#isHeldTooMuch()) {
      this.#compaction.abort();
      this.#patience *= 2;
    }
    if (this.#running !== undefined || this.#suspended) return;
    this.#running = this.#run()
      .catch(this.#parts.fail)
      .finally(() => {
        this.#running = undefined;
        // What woke it in its last moment.
        if (this.#again) this.wake();
      });
  }

  /**
   * A snapshot is about to take the place of the log: nothing reads its segments any more.
   * Resolves when nothing is being written any more.
   */
  async suspend(): Promise<void> {
    this.#suspended = true;
    this.#giveUp();
    await this.#running;
  }

  /** It has: what may be done now is derived from what it holds. */
  resume(): void {
    this.#suspended = false;
    this.wake();
  }

  /** Resolves when nothing is being written any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#giveUp();
    await this.#running;
  }

  #giveUp(): void {
    this.#compaction?.abort();
    this.#compression?.abort();
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && !this.#stopped && !this.#suspended) {
        this.#again = false;
        await this.#pass();
        this.#told = undefined;
      }
    } catch (thrown) {
      if (thrown instanceof LogError && thrown.code === "ABORTED") return;
      // Damage and want of room are told once, and tried again with the next wake.
      this.#again = false;
      if (!(thrown instanceof LogError)) throw thrown;
      const { message: reason } = thrown;
      if (reason === this.#told) return;
      this.#told = reason;
      this.#parts.tracer.tell("upkeep.delayed", { reason });
    }
  }

  async #pass(): Promise<void> {
    const { compacted, state } = this.#parts;
    const start = state.logStartOffset;
    if (compacted.segments().some(({ nextOffset }) => nextOffset <= start))
      await compacted.trim(start);
    await this.#dropPrefix();
    await this.#pruneCheckpoints();
    await this.#compact();
    if (this.#parts.compressor !== undefined) await this.#compress(this.#parts.compressor);
  }

  #isHeldTooMuch(): boolean {
    const { settings } = this.#parts.state;
    const going = this.#free();
    const bytes = going.reduce((sum, segment) => sum + segment.bytes, 0);
    return bytes > this.#patience * (settings?.segmentBytes ?? 0);
  }

  /** The oldest segments, as far as snapshot, log start and compaction let them go. */
  #free(): readonly SegmentStatus[] {
    const { log, state, compacted } = this.#parts;
    const { logStartOffset, snapshot, appliedIndex } = state;
    const upTo = Math.min(snapshot.index, appliedIndex);
    const compactedTo = compacted.upTo.index;
    const going: SegmentStatus[] = [];
    for (const segment of log.segments()) {
      const behind = segment.nextOffset <= logStartOffset;
      const free = behind || segment.lastIndex <= compactedTo;
      if (segment.state !== "sealed" || segment.lastIndex > upTo || !free) break;
      going.push(segment);
    }
    return going;
  }

  /** The last of those that no transfer needs. */
  #droppable(): SegmentStatus | undefined {
    const { pins } = this.#parts;
    const going = this.#free();
    const last = going.at(-1);
    if (last === undefined) return undefined;
    const bytesFrom = (from: LogIndex) =>
      going.reduce((sum, { lastIndex, bytes }) => sum + (lastIndex >= from ? bytes : 0), 0);
    const allowed = pins.allowed(last.lastIndex, bytesFrom);
    return going.findLast(({ lastIndex }) => lastIndex <= allowed);
  }

  async #dropPrefix(): Promise<void> {
    const { log, store, checkpointer, loop, state } = this.#parts;
    const last = this.#droppable();
    if (last === undefined) return;
    if (!isIntact(store, last.lastIndex))
      await checkpointer.save(last, await this.#parts.imageAt(last.lastIndex));
    if (this.#stopped) return;
    const term = termAt(log.terms(), last.lastIndex);
    // A snapshot was installed meanwhile.
    if (term === undefined || last.lastIndex <= log.start.last.index) return;
    const gone = await log.truncatePrefix(last.lastIndex, {
      snapshot: { index: last.lastIndex, term },
    });
    if (gone.length === 0 || this.#stopped) return;
    loop.post({ type: "prefixTruncated", last: { index: last.lastIndex, term } });
    loop.post({ type: "faultyChanged", first: log.faulty[0]?.index });
    this.#tellGone(gone, state.logStartOffset);
  }

  #tellGone(gone: readonly SegmentStatus[], logStartOffset: Offset): void {
    for (const { file, lastIndex, nextOffset, bytes } of gone) {
      const why = nextOffset <= logStartOffset ? "retention" : "compaction";
      this.#parts.tracer.tell("segment.deleted", { file, lastIndex, bytes, why });
    }
  }

  /** Kept: where the log and its compacted prefix end and begin, and the two newest. */
  async #pruneCheckpoints(): Promise<void> {
    const { log, store, compacted } = this.#parts;
    const intact = store.list().filter(({ damage }) => damage === undefined);
    const kept = new Set(intact.slice(-2).map(({ index }) => index));
    kept.add(log.start.last.index);
    kept.add(compacted.upTo.index);
    const going = new Set(intact.flatMap(({ index }) => (kept.has(index) ? [] : [index])));
    // One that is being saved just now is not on the list, and stays.
    if (going.size > 0) await store.prune((at) => !going.has(at));
  }

  async #compact(): Promise<void> {
    const { log, state, compacted, tracer } = this.#parts;
    const { settings, snapshot } = state;
    if (settings === undefined || !compacts(settings)) return;
    const ratio = settings.minCleanableDirtyRatio;
    const skipped = this.#skipped?.upTo === snapshot.index && this.#skipped.ratio === ratio;
    if (snapshot.index <= compacted.upTo.index || skipped) return;
    // A run over damage ends there each time; the node waits for a whole snapshot.
    if (snapshot.index <= log.start.last.index || compacted.damage.length > 0) return;
    const segments = log
      .segments()
      .filter((one) => one.firstIndex > compacted.upTo.index && one.lastIndex <= snapshot.index);
    const [first, last] = [segments[0], segments.at(-1)];
    const sealed = segments.every((segment) => segment.state === "sealed");
    if (!sealed || first === undefined || last?.lastIndex !== snapshot.index) return;
    // Records between the compacted prefix and the log may only be missing if nobody reads them.
    const follows = first.firstIndex === compacted.upTo.index + 1;
    if (!follows && first.baseOffset > state.logStartOffset) return;
    // Entries are applied meanwhile, and may move the snapshot on: the order is that of now.
    const order = orderOf(state, settings);
    await this.#saveCheckpoint(last);
    tracer.tell("compaction.started", { upTo: snapshot.index });
    this.#compaction = new AbortController();
    const { signal } = this.#compaction;
    const before = compacted.counters;
    try {
      const outcome = await compacted.compact(order, segments, { signal });
      this.#patience = MAX_HELD_BACK_SEGMENTS;
      if (outcome.kind === "skipped") this.#skipped = { upTo: snapshot.index, ratio };
      else this.#again = true;
      const { bytesWritten, recordsDropped } = compacted.counters;
      tracer.tell("compaction.finished", {
        upTo: snapshot.index,
        outcome: outcome.kind,
        bytesWritten: bytesWritten - before.bytesWritten,
        recordsDropped: recordsDropped - before.recordsDropped,
      });
    } finally {
      this.#compaction = undefined;
    }
  }

  /** A few files, then everything else is looked at again: trims do not wait for all of them. */
  async #compress(compressor: Compressor): Promise<void> {
    const { state, tracer } = this.#parts;
    const { settings, snapshot } = state;
    if (settings === undefined || this.#stopped || this.#suspended) return;
    const leaving = { upTo: snapshot.index, all: compacts(settings) };
    this.#compression = new AbortController();
    try {
      if (await compressor.run(leaving, tracer, this.#compression.signal)) this.#again = true;
    } finally {
      this.#compression = undefined;
    }
  }

  /** What is compacted is sent with the checkpoint at its end. */
  async #saveCheckpoint(segment: SegmentStatus): Promise<void> {
    const { store, checkpointer, imageAt } = this.#parts;
    if (isIntact(store, segment.lastIndex)) return;
    await checkpointer.save(segment, await imageAt(segment.lastIndex));
  }
}

function orderOf(state: LogState, settings: LogSettings): CompactionOrder {
  const { snapshot, logStartOffset } = state;
  const { deleteRetentionMs, minCompactionLagMs, minCleanableDirtyRatio } = settings;
  const { compactionStrategy: strategy, segmentBytes } = settings;
  return {
    index: snapshot.index,
    snapshotTimestamp: snapshot.timestamp,
    logStartOffset,
    rules: {
      ...{ strategy, deleteRetentionMs, minCompactionLagMs, minCleanableDirtyRatio },
      ...{ segmentBytes, windowMs: COMPACTION_WINDOW_MS },
    },
  };
}
