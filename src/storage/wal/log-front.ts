import { assert } from "../../common/assert.ts";
import { deferred } from "../../common/deferred.ts";
import type { LogIndex } from "../../common/brand.ts";
import type { LogStart } from "../snapshots/types.ts";
import type { DamageParts } from "./damage-parts.ts";
import { startBehind } from "./log-tail.ts";
import { OpenSegment } from "./open-segment.ts";
import type { PrefixRecord, ResetRecord, SegmentDisk } from "./segment-disk.ts";
import type { Sealer } from "./sealer.ts";
import type { Segment, SegmentList } from "./segment-list.ts";
import { segmentStem } from "./segment-name.ts";
import type { TermRuns } from "./term-runs.ts";

export interface LogFrontPorts {
  readonly start: LogStart;
  readonly segments: SegmentList;
  readonly terms: TermRuns;
  readonly parts: DamageParts;
  readonly sealer: Sealer;
  readonly disk: SegmentDisk;
  /** Runs disk work between appends and cuts, when no footer is being written. */
  readonly exclusively: (work: () => Promise<void>) => void;
  /** Whether an intact checkpoint of that entry is there. */
  readonly checkpointAt: (index: LogIndex) => boolean;
}

/**
 * The front of the log: where it begins, and how whole segments leave it. They leave the memory
 * first, at once; then the manifest; then the disk.
 */
export class LogFront {
  readonly #ports: LogFrontPorts;
  #start: LogStart;

  constructor(ports: LogFrontPorts) {
    this.#ports = ports;
    this.#start = ports.start;
  }

  get start(): LogStart {
    return this.#start;
  }

  /** Takes the segments that end at or before `to` out of the memory, oldest first. */
  take(to: LogIndex, recorded: PrefixRecord): readonly Segment[] {
    const { segments, disk, checkpointAt } = this.#ports;
    assert(to <= disk.snapshotIndex(recorded), "only what a durable snapshot covers may go");
    let count = segments.immutableUpTo(to);
    const ends = (at: number) => segments.all[at - 1]?.lastIndex;
    for (let end = ends(count); end !== undefined && !checkpointAt(end); end = ends(count)) count--;
    return this.#drop(count);
  }

  /**
   * A snapshot takes the place of all up to its end, and what follows stays: in memory (`taken`)
   * and on disk after all that waits to be written into what goes.
   */
  async replace(start: LogStart, taken: () => void, recorded: ResetRecord = {}): Promise<void> {
    const { exclusively, sealer } = this.#ports;
    const { last } = start;
    const done = deferred<void>();
    exclusively(async () => {
      const gone = last.index > this.#start.last.index ? this.#takeThrough(start) : [];
      taken();
      if (gone.length > 0) await this.carryOut(gone, { ...recorded, snapshot: last });
      done.resolve();
    });
    await done.promise;
    // What is closed behind damage could not be sealed.
    sealer.consider();
  }

  /**
   * Takes all up to the end of a snapshot out of the memory, sealed or not: what it covers is
   * committed. Equal histories have equal segments, so it ends where one of this log does.
   */
  #takeThrough({ last: { index }, chain }: LogStart): readonly Segment[] {
    const { segments } = this.#ports;
    const count = segments.endingUpTo(index);
    const last = segments.all[count - 1];
    assert(
      last?.lastIndex === index && count < segments.all.length,
      `the snapshot ends with entry ${index}, and no segment of this log does`,
    );
    assert(
      last.lastChain === chain,
      `entry ${index} has another history here than in the snapshot`,
    );
    return this.#drop(count);
  }

  #drop(count: number): readonly Segment[] {
    const { segments, terms, parts } = this.#ports;
    const last = segments.all[count - 1];
    if (last === undefined) return [];
    const { lastIndex: index, nextOffset, lastChain: chain, lastTimestamp: timestamp } = last;
    this.#start = { last: { index, term: terms.termAt(index) }, nextOffset, chain, timestamp };
    const gone = segments.dropFront(count);
    terms.dropThrough(this.#start.last);
    parts.faults.dropThrough(index);
    this.#forget(gone);
    return gone;
  }

  /** Takes what {@link take} took from the disk, too. */
  async carryOut(gone: readonly Segment[], recorded: PrefixRecord): Promise<void> {
    const { segments, parts, sealer, disk } = this.#ports;
    const { first } = segments;
    if (gone.length === 0) return recorded.snapshot && disk.record(recorded);
    assert(first !== undefined, "the segment that is written never goes");
    const { baseOffset, firstIndex } = first;
    await parts.sealedRepair.exclusively(async () => {
      await sealer.idle();
      await closeAll(gone);
      const stems = gone.map(({ stem }) => stem);
      await disk.dropPrefix(stems, { baseOffset, firstIndex }, recorded);
    });
  }

  /** Takes every segment out of the memory: the log is empty behind `start`. */
  takeAll(start: LogStart): { readonly gone: readonly Segment[]; readonly active: OpenSegment } {
    const { segments, terms, parts } = this.#ports;
    const gone = segments.dropFront(segments.all.length);
    this.#start = start;
    terms.restart(start.last);
    parts.damage.cut(0 as LogIndex);
    this.#forget(gone);
    const { baseOffset, firstIndex } = startBehind(start);
    const stem = segmentStem({ baseOffset, firstIndex }, undefined);
    const active = new OpenSegment(stem, startBehind(start));
    segments.push(active);
    return { gone, active };
  }

  /** Takes them from the disk, and makes the empty log there. To be run between appends. */
  async carryOutReset(
    { gone, active }: ReturnType<LogFront["takeAll"]>,
    start: LogStart,
    recorded: ResetRecord,
  ): Promise<void> {
    const { parts, sealer, disk } = this.#ports;
    await parts.sealedRepair.exclusively(async () => {
      await sealer.idle();
      await closeAll(gone);
      active.files = await disk.startAnew(start, recorded);
    });
  }

  #forget(gone: readonly Segment[]): void {
    const { rows, sealedRepair } = this.#ports.parts;
    for (const segment of gone) {
      if (!segment.sealed) continue;
      rows.drop(segment);
      sealedRepair.drop(segment);
    }
  }
}

async function closeAll(segments: readonly Segment[]): Promise<void> {
  for (const segment of segments) {
    if (segment.sealed || segment.files === undefined) continue;
    const { log, index } = segment.files;
    segment.files = undefined;
    await log.close();
    await index.close();
  }
}
