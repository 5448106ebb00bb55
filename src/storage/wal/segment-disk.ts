import { assert } from "../../common/assert.ts";
import type { LogIndex } from "../../common/brand.ts";
import type { EntryId } from "../../raft/types.ts";
import { deflateName } from "../compression/compressed-name.ts";
import type { File, FileSystem } from "../file-system.ts";
import { join, nameOf } from "../layout.ts";
import type { LogStart } from "../snapshots/types.ts";
import type { HardStateStore, SegmentRef } from "../types.ts";
import type { FilePool } from "./file-pool.ts";
import { encodeIndexHeader, INDEX_HEADER_BYTES, type SegmentStart } from "./index-header.ts";
import { startBehind } from "./log-tail.ts";
import type { SegmentFiles } from "./open-segment.ts";
import { isRepairName, parseSegmentFileName, segmentStem } from "./segment-name.ts";
import { writeAnew } from "./write-anew.ts";

/** What is recorded together with a prefix that goes. */
export interface PrefixRecord {
  readonly snapshot?: EntryId;
  readonly compactedTo?: LogIndex;
}
/** What is recorded together with a log that is made anew. */
export interface ResetRecord {
  readonly compactedTo?: LogIndex;
}

/** What happens to whole pairs of files, each in its order of durability. */
export class SegmentDisk {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  /** Absent offline, where no segment is made or dropped. */
  readonly #hardState: HardStateStore | undefined;
  readonly #pool: FilePool;

  constructor(
    fileSystem: FileSystem,
    directory: string,
    hardState: HardStateStore | undefined,
    pool: FilePool,
  ) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#hardState = hardState;
    this.#pool = pool;
  }

  logPath(stem: string): string {
    return join(this.#directory, `${stem}.log`);
  }

  indexPath(stem: string): string {
    return join(this.#directory, `${stem}.index`);
  }

  /** An `.index` file where there is none. */
  createIndex(stem: string): Promise<File> {
    return this.#fileSystem.open(this.indexPath(stem), "create");
  }

  async exists(path: string): Promise<boolean> {
    return (await this.#fileSystem.list(this.#directory))?.includes(nameOf(path)) === true;
  }

  /** Makes the names in the folder of the segments durable. */
  syncNames(): Promise<void> {
    return this.#fileSystem.syncDirectory(this.#directory);
  }

  /**
   * Writes a file anew beside `path`, then puts it in its place: at every moment the name means
   * either the old file or the whole new one. Who has the old one open goes on reading that.
   */
  async replace(path: string, write: (file: File) => Promise<void>): Promise<void> {
    await writeAnew(this.#fileSystem, path, write);
    await this.#pool.forget(path);
  }

  /** Puts the compressed file beside `path` in its place: whole, synced, and the same bytes. */
  async takeDeflated(path: string): Promise<void> {
    await this.#fileSystem.rename(deflateName(path), path);
    await this.#fileSystem.syncDirectory(this.#directory);
    await this.#pool.forget(path);
  }

  /** Header, both files, directory, manifest; frames only afterwards. */
  async create(stem: string, start: SegmentStart): Promise<SegmentFiles> {
    const files = await this.#createPair(stem, start);
    const { baseOffset, firstIndex } = start;
    const activeSegment = { baseOffset, firstIndex };
    const hardState = this.#named();
    // Where there is a first segment, a prefix that goes may be about to name another one.
    const first = hardState.current.firstSegment === undefined;
    const patch = first ? { firstSegment: activeSegment, activeSegment } : { activeSegment };
    await hardState.update(patch);
    return files;
  }

  /** S as both files of the hard state have it, or as it is about to be recorded. */
  snapshotIndex({ snapshot }: PrefixRecord): LogIndex {
    return (snapshot ?? this.#named().current.snapshot)?.index ?? (0 as LogIndex);
  }

  async record(recorded: PrefixRecord): Promise<void> {
    await this.#named().update(recorded);
  }

  /**
   * Takes the oldest segments away: once the manifest begins with `next` they are gone for every
   * later start, which finishes what is interrupted here.
   */
  async dropPrefix(
    stems: readonly string[],
    next: SegmentRef,
    recorded: PrefixRecord,
  ): Promise<void> {
    await this.#named().update({ ...recorded, firstSegment: next });
    await this.#remove(stems.flatMap((stem) => [this.logPath(stem), this.indexPath(stem)]));
  }

  /**
   * Makes the log anew behind `start`, with one empty segment. Once the hard state says that this
   * was begun, whatever lies in the folder is void, and every later start goes on with it.
   */
  async startAnew(start: LogStart, recorded: ResetRecord): Promise<SegmentFiles> {
    await this.#named().update({ ...recorded, snapshot: start.last, reset: start });
    return this.finishReset(start);
  }

  /** The rest of {@link startAnew}, from any point of it on. */
  async finishReset(start: LogStart): Promise<SegmentFiles> {
    const names = (await this.#fileSystem.list(this.#directory)) ?? [];
    const ours = names.filter((name) => parseSegmentFileName(name) ?? isRepairName(name));
    // Newest first: should the hard state be lost as well, what is left is the beginning of a log.
    await this.#remove(ours.reverse().map((name) => join(this.#directory, name)));
    const segmentStart = startBehind(start);
    const { baseOffset, firstIndex } = segmentStart;
    const ref = { baseOffset, firstIndex };
    const files = await this.#createPair(segmentStem(ref, undefined), segmentStart);
    await this.#named().update({ firstSegment: ref, activeSegment: ref, reset: undefined });
    return files;
  }

  /** In that order; some of them may be gone already. */
  async #remove(paths: readonly string[]): Promise<void> {
    const names = new Set(await this.#fileSystem.list(this.#directory));
    for (const path of paths) {
      if (names.has(nameOf(path))) await this.#fileSystem.unlink(path);
      await this.#pool.forget(path);
    }
    await this.#fileSystem.syncDirectory(this.#directory);
  }

  async #createPair(stem: string, start: SegmentStart): Promise<SegmentFiles> {
    const index = await this.#fileSystem.open(this.indexPath(stem), "create");
    await index.write([encodeIndexHeader(start)], 0);
    await index.sync();
    const log = await this.#fileSystem.open(this.logPath(stem), "create");
    await log.sync();
    await this.#fileSystem.syncDirectory(this.#directory);
    return { log, index };
  }

  /**
   * Takes the newest segment away. It is emptied first (rows, then frames), so that what the
   * manifest does not name never holds entries; then the manifest names `previous`; then it goes.
   */
  async drop(stem: string, files: SegmentFiles, previous: SegmentRef): Promise<void> {
    await this.cut(files, INDEX_HEADER_BYTES, 0);
    await files.log.close();
    await files.index.close();
    await this.#pool.forget(this.logPath(stem));
    await this.#pool.forget(this.indexPath(stem));
    await this.#named().update({ activeSegment: previous });
    await this.#fileSystem.unlink(this.logPath(stem));
    await this.#fileSystem.unlink(this.indexPath(stem));
    await this.#fileSystem.syncDirectory(this.#directory);
  }

  #named(): HardStateStore {
    assert(this.#hardState !== undefined, "segments are made and dropped by a node only");
    return this.#hardState;
  }

  /** Cuts rows before frames: a row must never vouch for a frame that was taken away. */
  async cut(files: SegmentFiles, indexBytes: number, logBytes: number): Promise<void> {
    await files.index.truncate(indexBytes);
    await files.index.sync();
    await files.log.truncate(logBytes);
    await files.log.sync();
  }
}
