import type { LogIndex, Offset } from "../../common/brand.ts";
import type { File } from "../file-system.ts";
import type { CompactedFile, Manifest } from "./manifest.ts";
import type { FrameRun, RecordLocation, SegmentStatus } from "../types.ts";

export const COMPACTION_STRATEGIES = ["key", "merge", "time-window", "tiered"] as const;
export type CompactionStrategy = (typeof COMPACTION_STRATEGIES)[number];

/** Decides which records survive. Ages count from `snapshotTimestamp`: a function of the log. */
export interface CompactionRules {
  readonly strategy: CompactionStrategy;
  readonly deleteRetentionMs: number;
  readonly minCompactionLagMs: number;
  readonly minCleanableDirtyRatio: number;
  /** Compacted files end near it (`segment.bytes`); half of it is what counts as small. */
  readonly segmentBytes: number;
  /** Length of a window of the strategy `time-window`. */
  readonly windowMs: number;
}

/** One snapshot to compact up to. */
export interface CompactionOrder {
  /** Last index of a sealed segment. */
  readonly index: LogIndex;
  /** Timestamp of the `control: snapshot` entry that ordered it. */
  readonly snapshotTimestamp: number;
  readonly logStartOffset: Offset;
  readonly rules: CompactionRules;
}

/** A record as compaction sees it: `bytes` is its encoding inside a batch, copied as it is. */
export interface KeyedRecord {
  readonly key: Uint8Array | undefined;
  /** It has no value: it deletes its key. */
  readonly tombstone: boolean;
  readonly bytes: Uint8Array;
}

/** The storage knows nothing of batches: the runtime lends it this (wire/record-batch). */
export interface BatchCodec {
  /** Views of `payload`. @throws LogError CORRUPT */
  split(payload: Uint8Array): readonly KeyedRecord[];
  join(records: readonly KeyedRecord[]): Uint8Array;
}

/** Records read from the compacted prefix; offsets have holes. */
export interface CompactedRun {
  /** Raw frames with flag 1; `first` and `last` are entries of the log, several frames each. */
  readonly run: FrameRun;
  /** Where to go on: a position behind the last frame, known holes skipped. */
  readonly nextOffset: Offset;
}

/** What compaction has done since the node started, for status and metrics. */
export interface CompactionCounters {
  /** Orders carried out. */
  readonly runs: number;
  /** Orders that found too little to clean. */
  readonly skipped: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Frame bytes of sealed segments folded in: `bytesWritten` per byte is write amplification. */
  readonly bytesFolded: number;
  readonly recordsDropped: number;
}

/** What an order came to. `skipped`: below `minCleanableDirtyRatio`; the segments stay. */
export type CompactionOutcome =
  | { readonly kind: "done"; readonly index: LogIndex }
  | { readonly kind: "skipped"; readonly dirtyRatio: number };

/** Damage met in the compacted prefix: by a read, a run or the scrubber. Never served. */
export interface CompactedDamage {
  readonly file: string;
  /** Where what is damaged begins. */
  readonly position: number;
  readonly what: string;
}

/** One file of the compacted prefix on its way to a follower. */
export interface ExportedFile {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of the whole file. */
  readonly sha256: Uint8Array;
  /** As `File.read`. */
  readonly read: File["read"];
}

/** The compacted prefix as it is at one moment: the manifest, then its files. Pinned. */
export interface CompactedExport {
  readonly index: LogIndex;
  readonly files: readonly ExportedFile[];
  /** The files may go. Calling it twice does nothing. */
  release(): Promise<void>;
}

/** A file that a transfer staged: whole, verified against its SHA-256, synced. */
export interface StagedFile {
  /** As the leader exported it. */
  readonly name: string;
  /** Where it lies, in the directory of the prefix; it is renamed to its name there. */
  readonly path: string;
}

/** Staged files in place, their manifest durable: what is missing is the hard state. */
export interface PreparedInstall {
  readonly index: LogIndex;
  readonly nextOffset: Offset;
  /**
   * Readers see it from then on, together with the log behind it: what it holds is committed, so
   * that nobody need wait for the hard state. The files before it stay, for a start that does not
   * find it named.
   */
  show(): void;
  /** To be called once the hard state says `compactedTo: index`: what is older goes. */
  adopt(): Promise<void>;
}

export interface CompactOptions {
  readonly signal?: AbortSignal;
}

/** The compacted prefix of a log: everything up to `upTo`, newest record per key. */
export interface CompactedPrefix {
  /** Index 0 and offset 0 before the first compaction. */
  readonly upTo: { readonly index: LogIndex; readonly nextOffset: Offset };
  /** Offset that it was trimmed to, here or where it was sent from: before it nothing is held. */
  readonly heldFrom: Offset;
  readonly counters: CompactionCounters;
  /** What is known to be damaged; empty is what one hopes for. */
  readonly damage: readonly CompactedDamage[];
  /** Records held, and frame bytes not yet compared with everything older. */
  readonly fragmentation: { readonly records: number; readonly dirtyBytes: number };
  segments(): readonly SegmentStatus[];
  /**
   * Surviving frames from `from` on, which is below `upTo.nextOffset`.
   * @throws LogError CORRUPT naming file and byte
   */
  read(from: Offset, maxBytes: number): Promise<CompactedRun>;
  /** Where the frame with the first surviving record from `offset` on lies; absent: none here. */
  locate(offset: Offset): Promise<RecordLocation | undefined>;
  /** First surviving offset stamped at or after `timestamp`; absent when there is none here. */
  locateTime(timestamp: number): Promise<Offset | undefined>;
  /**
   * Carries out `order`: `segments` are the sealed ones of the log behind `upTo.index`, up to
   * `order.index`, all of them. The hard state says `compactedTo` when it resolves with `done`.
   * One at a time. A run that fails or is aborted has changed nothing.
   * @throws LogError CORRUPT (damage, place named) | ABORTED; FatalError("io")
   */
  compact(
    order: CompactionOrder,
    segments: readonly SegmentStatus[],
    options?: CompactOptions,
  ): Promise<CompactionOutcome>;
  /** Drops compacted segments wholly below `offset`. */
  trim(offset: Offset): Promise<void>;
  /**
   * What `compressFile` made of `file` takes its place, durably, and the answer is true; it is
   * removed where the file is no longer one of the prefix.
   */
  takeDeflated(file: CompactedFile, storedBytes: number): Promise<boolean>;
  /** Verifies the next `maxBytes` or so, round and round; what it finds is in `damage`. */
  scrub(maxBytes: number): Promise<{ readonly bytes: number; readonly roundEnded: boolean }>;
  /**
   * @param only `intact`: without the files that are known to be damaged.
   * @throws LogError (rejects) CORRUPT when it is damaged, and has to be whole
   */
  exportFiles(only?: "whole" | "intact"): Promise<CompactedExport>;
  /** What it is made of, whole or not; absent when the manifest is lost. */
  readonly manifest: Manifest | undefined;
  /** Files of `manifest` that are not held, or damaged. */
  lacking(manifest: Manifest): readonly CompactedFile[];
  /**
   * Becomes the prefix at `manifest`, this one's or another node's, which is made of committed
   * entries and reaches no less far: of what is held, and of `fetched` files (SHA > path), whole
   * and synced. Nothing is damaged then, as far as is known.
   * @throws LogError ABORTED when it may not any more | CORRUPT when something is missing
   */
  mend(manifest: Manifest, fetched: ReadonlyMap<string, string>): Promise<void>;
  /**
   * Puts a verified, synced set (manifest included) beside this one, manifest last. Nothing
   * is removed until the caller has recorded `compactedTo` and called `adopt`; until then no run
   * and no trim changes anything, and one under way is given up. No files: there is no prefix then.
   * @throws LogError CORRUPT when the set is not whole
   */
  install(files: readonly StagedFile[]): Promise<PreparedInstall>;
  close(): Promise<void>;
}
