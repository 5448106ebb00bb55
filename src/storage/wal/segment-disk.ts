import type { File, FileSystem } from "../file-system.ts";
import { join } from "../layout.ts";
import type { HardStateStore, SegmentRef } from "../types.ts";
import type { FilePool } from "./file-pool.ts";
import { encodeIndexHeader, INDEX_HEADER_BYTES, type SegmentStart } from "./index-header.ts";
import type { SegmentFiles } from "./open-segment.ts";

/** What happens to whole pairs of files, each in its order of durability. */
export class SegmentDisk {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #hardState: HardStateStore;
  readonly #pool: FilePool;

  constructor(
    fileSystem: FileSystem,
    directory: string,
    hardState: HardStateStore,
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

  open(stem: string): Promise<SegmentFiles> {
    return openBoth(
      this.#fileSystem.open(this.logPath(stem), "write"),
      this.#fileSystem.open(this.indexPath(stem), "write"),
    );
  }

  /** Header, both files, directory, manifest; frames only afterwards. */
  async create(stem: string, start: SegmentStart): Promise<SegmentFiles> {
    const index = await this.#fileSystem.open(this.indexPath(stem), "create");
    await index.write([encodeIndexHeader(start)], 0);
    await index.sync();
    const log = await this.#fileSystem.open(this.logPath(stem), "create");
    await log.sync();
    await this.#fileSystem.syncDirectory(this.#directory);
    const { baseOffset, firstIndex } = start;
    const activeSegment = { baseOffset, firstIndex };
    const firstSegment = this.#hardState.current.firstSegment ?? activeSegment;
    await this.#hardState.update({ firstSegment, activeSegment });
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
    await this.#hardState.update({ activeSegment: previous });
    await this.#fileSystem.unlink(this.logPath(stem));
    await this.#fileSystem.unlink(this.indexPath(stem));
    await this.#fileSystem.syncDirectory(this.#directory);
  }

  /** Cuts rows before frames: a row must never vouch for a frame that was taken away. */
  async cut(files: SegmentFiles, indexBytes: number, logBytes: number): Promise<void> {
    await files.index.truncate(indexBytes);
    await files.index.sync();
    await files.log.truncate(logBytes);
    await files.log.sync();
  }
}

/** Opens two files at once; when one fails the other does not stay open. */
async function openBoth(log: Promise<File>, index: Promise<File>): Promise<SegmentFiles> {
  const [first, second] = await Promise.allSettled([log, index]);
  if (first.status === "fulfilled" && second.status === "fulfilled")
    return { log: first.value, index: second.value };
  for (const opened of [first, second])
    if (opened.status === "fulfilled") await opened.value.close();
  throw first.status === "rejected" ? first.reason : (second as PromiseRejectedResult).reason;
}
