import type { LogIndex, NodeId, Offset, Term } from "../common/brand.ts";
import type { FatalError } from "../common/fatal-error.ts";
import type { EntryType, Frame, ProducerStamp } from "../common/frame.ts";
import type { FrameBlock } from "../common/frame-block.ts";
import type { EntryId, LogTerms } from "../raft/types.ts";
import type { CheckpointStore, LogStart } from "./snapshots/types.ts";

/** Names a segment; the file name is made from these integers only. */
export interface SegmentRef {
  readonly baseOffset: Offset;
  readonly firstIndex: LogIndex;
}

/** One voter of the cluster: a name and the disk that goes with it. */
export interface Voter {
  readonly nodeId: NodeId;
  readonly diskId: string;
}

/** Who this disk is. `cluster` is absent until the first meeting. */
export interface Identity {
  readonly nodeId: NodeId;
  readonly diskId: string;
  readonly cluster: ClusterIdentity | undefined;
}

export interface ClusterIdentity {
  readonly clusterId: string;
  readonly voters: readonly Voter[];
  /** Every voter has been seen with this cluster id: elections may begin. */
  readonly formed: boolean;
}

/** `identity.0` and `identity.1`: written and synced one after the other. */
export interface IdentityStore {
  readonly current: Identity;
  save(next: Identity): Promise<void>;
}

/** Term, vote and manifest in one record. */
export interface HardStateRecord {
  readonly currentTerm: Term;
  readonly votedFor: NodeId | undefined;
  /** Grows by one at every boot, before anything is sent. */
  readonly incarnation: number;
  /** Oldest segment that must exist; absent before the log's first entry. */
  readonly firstSegment: SegmentRef | undefined;
  readonly activeSegment: SegmentRef | undefined;
  /** S: the snapshot that is durable on this node; what it covers may go. */
  readonly snapshot: EntryId | undefined;
  /** The compacted prefix reaches up to here; 0 before the first compaction. */
  readonly compactedTo: LogIndex;
  /** The log is being made anew after `snapshot`, whose entry it names: all segments are void. */
  readonly reset: LogStart | undefined;
}

/** `hard-state.0` and `hard-state.1`. */
export interface HardStateStore {
  readonly current: HardStateRecord;
  /** False when no valid newest record was found: this node must not vote. */
  readonly trusted: boolean;
  /**
   * Merges `patch` into the record; resolves when both files are written and synced, in order.
   * Calls may overlap: they are carried out one after the other, each on the latest record.
   * @throws FatalError("io") for good: the process must stop.
   */
  update(patch: Partial<HardStateRecord>): Promise<void>;
}

/** What the next frame builds on; a pure value. */
export interface LogTail {
  readonly last: EntryId;
  readonly nextOffset: Offset;
  readonly chain: number;
  readonly timestamp: number;
  readonly segmentFirstIndex: LogIndex;
  readonly segmentBytes: number;
  readonly segmentFirstTimestamp: number;
  /** The last entry is `control: roll`: the next one starts a segment. */
  readonly rollRequested: boolean;
}

/** The settings that decide where segments end; replicated by a `control: settings` entry. */
export interface RollSettings {
  readonly segmentBytes: number;
  /** Absent: segments do not roll by age. */
  readonly segmentMs: number | undefined;
}

/** One entry to be stamped by the leader. */
export interface StampInput {
  readonly type: EntryType;
  readonly payload: Uint8Array;
  readonly recordCount: number;
  readonly producer: ProducerStamp | undefined;
}

/** Consecutive frames as they lie on disk. Empty when `last.index < first`. */
export interface FrameRun {
  readonly first: LogIndex;
  readonly last: EntryId;
  /** Chain of the entry before `first`. */
  readonly prevChain: number;
  readonly chunks: readonly Uint8Array[];
  readonly byteLength: number;
}

export type SegmentState = "active" | "closed" | "sealed";

export interface SegmentStatus {
  readonly file: string;
  readonly state: SegmentState;
  readonly baseOffset: Offset;
  /** Offset after its last record. */
  readonly nextOffset: Offset;
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  readonly bytes: number;
  readonly firstTimestamp: number;
  readonly lastTimestamp: number;
  /** What its file takes on this disk, where that is compressed; absent: `bytes`. */
  readonly storedBytes?: number | undefined;
}

/** Where a record lies. */
export interface RecordLocation {
  readonly index: LogIndex;
  readonly baseOffset: Offset;
  readonly recordCount: number;
  readonly term: Term;
  readonly timestamp: number;
  readonly file: string;
  /** Position of the frame in the file. */
  readonly position: number;
  readonly length: number;
}

/** An entry whose bytes are damaged; its row still tells which entry it is (docs/repair.md). */
export interface FaultyEntry extends EntryId {
  readonly chain: number;
  readonly file: string;
  /** Position of the frame in the file. */
  readonly position: number;
}

/** What a log can say of an entry that another node lacks. */
export type Possession =
  | { readonly kind: "have"; readonly frame: Uint8Array }
  /** The log, synced or not, ends before it, or has another term there. */
  | { readonly kind: "dontHave" }
  /** Its copy is damaged, or has another chain under the same index and term. */
  | { readonly kind: "haveFaulty" };

/** What the log tells its owner. Called from the log's own disk work, never from inside a call. */
export interface LogListener {
  /** Every entry up to `last` is written, synced, and has its synced row. */
  persisted(last: EntryId): void;
  /** A write or sync failed, or damage that cannot be repaired was met: final for the process. */
  failed(error: FatalError): void;
  /** Damage was met by a read or by the scrubber: `faulty` has grown. */
  damaged(entries: readonly FaultyEntry[]): void;
  /** A file was written anew from intact or repaired entries (sealed segment, rows, footer). */
  segmentRebuilt(segment: SegmentStatus, what: string): void;
  segmentRolled(segment: SegmentStatus): void;
  segmentSealed(segment: SegmentStatus): void;
}

/**
 * The segmented write-ahead log. `append` and `truncateSuffix` take effect in memory at once and
 * on disk in the order of the calls, gathered into group commits; `persisted` tells when.
 */
export interface LogStore {
  readonly tail: LogTail;
  /** What comes before the first entry held: index 0 until a prefix goes. */
  readonly start: LogStart;
  /** Last entry that is durable (frame and row synced). */
  readonly durable: LogIndex;
  readonly logStartOffset: Offset;
  terms(): LogTerms;
  /** Frames must follow the tail (I1, I2, chain): anything else is an AssertionError. */
  append(frames: FrameBlock | readonly Frame[]): void;
  truncateSuffix(from: LogIndex): void;
  /**
   * Lets whole segments go that end at or before `to`: at once for readers, and durably when it
   * resolves (docs/log-life.md). It stops at the newest boundary with an intact checkpoint.
   * `snapshot` is recorded in the same write; it, or the one recorded before, covers what goes.
   * @returns what went, oldest first.
   */
  truncatePrefix(
    to: LogIndex,
    recorded?: { readonly snapshot?: EntryId },
  ): Promise<readonly SegmentStatus[]>;
  /**
   * Makes the log anew, empty, after `start`, whose checkpoint is durable: at once in memory,
   * durably when it resolves. `compactedTo` is recorded in the same write.
   */
  reset(start: LogStart, recorded?: { readonly compactedTo?: LogIndex }): Promise<void>;
  /**
   * A snapshot that ends with `start.last`, an entry of this log and the last one of a segment,
   * takes the place of all up to it, damaged or not; what follows stays. `taken` is called in the
   * moment in which the log begins there for readers. Durable when it resolves. `compactedTo` is
   * recorded in the same write.
   */
  replacePrefix(
    start: LogStart,
    taken: () => void,
    recorded?: { readonly compactedTo?: LogIndex },
  ): Promise<void>;
  /**
   * Frames from `from` on: at most `maxBytes` of them, but at least one, none past `upTo`.
   * Answered at once from memory where they are recent, else a promise.
   * @throws LogError OFFSET_TRIMMED when `from` is at or before `start`.
   * @throws FatalError("corruption") naming file and byte.
   */
  read(from: LogIndex, maxBytes: number, upTo: LogIndex): FrameRun | Promise<FrameRun>;
  /**
   * The entry that holds `offset`, which must be below the tail's nextOffset.
   * @throws LogError OFFSET_TRIMMED when it lies before `start`.
   */
  locate(offset: Offset): Promise<RecordLocation>;
  /** Offset after the records of the entry at `index` (0: the log start offset). */
  offsetAfter(index: LogIndex): Offset | Promise<Offset>;
  /** The first entry stamped at or after `timestamp`; absent when there is none. */
  locateTime(timestamp: number): Promise<RecordLocation | undefined>;
  /** The chain of the entry at `index` if it is known without reading the disk. */
  chainAt(index: LogIndex): number | undefined;
  /**
   * Frames that are not `data`, in order, from `from` on; segments before it are not read. One that
   * is damaged is left out, and `leftOut` told of it: it may be whole again before the others come.
   */
  nonDataFrames(from?: LogIndex, leftOut?: (index: LogIndex) => void): AsyncIterable<Frame>;
  /**
   * Damaged entries, lowest index first. They count as present in `terms`, `tail` and `durable`;
   * a read that reaches one ends before it, and one that begins there rejects with CORRUPT.
   */
  readonly faulty: readonly FaultyEntry[];
  /** Whether this log has that very entry, verified on the disk or in memory. */
  possession(entry: EntryId & { readonly chain: number }): Promise<Possession>;
  /**
   * Puts a faulty entry's bytes back, durably. Resolves when it is intact again.
   * @throws LogError INVALID_ARGUMENT when the frame is not, by index, term and chain, that entry.
   */
  repair(frame: Uint8Array): Promise<void>;
  /**
   * What `compressFile` made of the sealed segment `file` takes its place, durably, and the answer
   * is true; it is removed where the segment has left the log.
   */
  takeDeflated(file: string, storedBytes: number): Promise<boolean>;
  /**
   * Verifies the next `maxBytes` or so of sealed segments, round and round; what it finds is in
   * `faulty` and told to `damaged`. Resolves with the bytes looked at, and whether a round ended.
   */
  scrub(maxBytes: number): Promise<{ readonly bytes: number; readonly roundEnded: boolean }>;
  /** The commit index is known to be at least `index`: closed segments below it get sealed. */
  committed(index: LogIndex): void;
  segments(): readonly SegmentStatus[];
  /** Waits for the disk work under way; later calls are ignored. */
  close(): Promise<void>;
}

/** Room on the disk of a data directory. */
export interface DiskSpace {
  /** What may still be written there; the reserve is not in it. */
  readonly freeBytes: number;
  /** Below the mark: nothing that could be refused should be accepted. */
  readonly low: boolean;
}

/** Watches the free space, and holds some of it back in `RESERVE`. */
export interface SpaceWatch {
  /**
   * Looks. The first look that finds the disk low gives the reserve back to it; one that finds
   * room again makes the reserve anew (then `low` is false again only if the mark still holds).
   * To be asked at start and every second or so; overlapping calls share one look.
   */
  check(): Promise<DiskSpace>;
}

/** A data directory taken for this process. */
export interface DataDirectory {
  readonly identity: IdentityStore;
  readonly hardState: HardStateStore;
  readonly space: SpaceWatch;
  readonly checkpoints: CheckpointStore;
  /** What was found and mended at start, one sentence each, for the log. */
  readonly notes: readonly string[];
  /**
   * Opens and recovers the log, and finishes a reset that was begun. The cluster must be known:
   * its id and voters seed the chain.
   * @throws FatalError("corruption") naming the place when damage is found.
   */
  openLog(listener: LogListener): Promise<LogStore>;
  close(): Promise<void>;
}
