import { createHash } from "node:crypto";
import { LogError } from "../../common/errors.ts";
import type { File, FileSystem } from "../file-system.ts";
import { isNoRoom } from "../io-error.ts";
import { join } from "../layout.ts";
import { hashOfFile } from "../snapshots/file-hash.ts";
import type { CompactedFile } from "./manifest.ts";
import type { PrefixPlace } from "./prefix-boot.ts";

const NAME = "mending.";

/** Whether a file of `snapshots/` is one that a mending has fetched and not put in place. */
export function isOfMending(name: string): boolean {
  return name.startsWith(NAME);
}

/** The next bytes of a file from `position` on; absent: who was asked has them not. */
export type ReadPiece = (position: number) => Promise<Uint8Array | undefined>;

/**
 * Files that take the place of damaged ones, as far as they are here: `mending.<n>`, whole,
 * verified on the disk and synced. They are known by their SHA-256. Those of an earlier process are
 * removed at start.
 */
export class MendingFiles {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  /** SHA-256 in hex > path. */
  readonly #whole = new Map<string, string>();
  #made = 0;

  constructor({ fileSystem, directory }: PrefixPlace) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
  }

  /** What is here by now. */
  get whole(): ReadonlyMap<string, string> {
    return this.#whole;
  }

  /**
   * Fetches `file`, piece by piece. @returns false when what came is not that file
   * @throws LogError STORAGE_FULL | FatalError("io")
   */
  async fetch({ bytes, sha256 }: CompactedFile, read: ReadPiece): Promise<boolean> {
    if (this.#whole.has(sha256)) return true;
    const path = join(this.#directory, `${NAME}${this.#made++}`);
    const file = await this.#fileSystem.open(path, "create");
    try {
      if (!(await this.#fill(file, bytes, sha256, read))) return await this.#drop(path, false);
      this.#whole.set(sha256, path);
      return true;
    } catch (thrown) {
      if (!isNoRoom(thrown)) throw thrown;
      await this.#drop(path, false);
      throw new LogError("STORAGE_FULL", "there is no room to mend the compacted prefix");
    } finally {
      await file.close();
    }
  }

  /** Nothing that was fetched is needed any more; what was renamed is no longer here. */
  async discard(): Promise<void> {
    this.#whole.clear();
    const names = (await this.#fileSystem.list(this.#directory)) ?? [];
    const ours = names.filter(isOfMending);
    for (const name of ours) await this.#fileSystem.unlink(join(this.#directory, name));
    if (ours.length > 0) await this.#fileSystem.syncDirectory(this.#directory);
  }

  async #fill(file: File, bytes: number, sha256: string, read: ReadPiece): Promise<boolean> {
    for (let at = 0; at < bytes; ) {
      const piece = await read(at);
      if (piece === undefined || piece.length === 0 || at + piece.length > bytes) return false;
      await file.write([piece], at);
      at += piece.length;
    }
    await file.sync();
    const hash = createHash("sha256");
    return (await hashOfFile(file, 0, bytes, hash)) && hash.digest("hex") === sha256;
  }

  async #drop(path: string, answer: false): Promise<false> {
    await this.#fileSystem.unlink(path);
    return answer;
  }
}
