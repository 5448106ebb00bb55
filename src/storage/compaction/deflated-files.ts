import { removeDeflated } from "../compression/compress-file.ts";
import { deflateName } from "../compression/compressed-name.ts";
import { join } from "../layout.ts";
import type { SegmentStatus } from "../types.ts";
import type { FilePool } from "../wal/file-pool.ts";
import { type CompactedFile, segmentOf } from "./manifest.ts";
import type { PrefixPlace } from "./prefix-boot.ts";

/** Which compacted files are kept compressed, and what they take. */
export class DeflatedFiles {
  readonly #storedBytes: Map<string, number>;
  /** Asked for often, and of as many files as there are. */
  #shown = new WeakMap<CompactedFile, SegmentStatus>();

  /** `found` at start, by name. */
  constructor(found: ReadonlyMap<string, number>) {
    this.#storedBytes = new Map(found);
  }

  segmentOf(file: CompactedFile): SegmentStatus {
    const known = this.#shown.get(file);
    if (known !== undefined) return known;
    const storedBytes = this.#storedBytes.get(file.name);
    const shown = { ...segmentOf(file), ...(storedBytes === undefined ? {} : { storedBytes }) };
    this.#shown.set(file, shown);
    return shown;
  }

  keepOnly(isKept: (name: string) => boolean): void {
    for (const name of [...this.#storedBytes.keys()])
      if (!isKept(name)) this.#storedBytes.delete(name);
    this.#shown = new WeakMap();
  }

  /** What was made of the file takes its place; where it is not `held` any more it is removed. */
  async take(
    { fileSystem, directory }: PrefixPlace,
    pool: FilePool,
    asked: { readonly name: string; readonly storedBytes: number; readonly held: boolean },
  ): Promise<boolean> {
    const { name, storedBytes, held } = asked;
    const path = join(directory, name);
    if (!held) {
      await removeDeflated(fileSystem, path);
      return false;
    }
    await fileSystem.rename(deflateName(path), path);
    await fileSystem.syncDirectory(directory);
    await pool.forget(path);
    this.#storedBytes.set(name, storedBytes);
    this.#shown = new WeakMap();
    return true;
  }
}
