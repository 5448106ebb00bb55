import { MAX_UNCOMMITTED_BYTES, RESERVE_BYTES } from "../common/limits.ts";
import type { File, FileSystem } from "./file-system.ts";
import { join, RESERVE_FILE } from "./layout.ts";
import type { DiskSpace, SpaceWatch } from "./types.ts";

/** How much room a node wants. */
export interface SpaceMarks {
  /** Below it the disk counts as low. */
  readonly lowBytes: number;
  /** Size of `RESERVE`; 0: none is made. */
  readonly reserveBytes: number;
}

/**
 * Frames and rows of all that may be accepted and not yet committed still fit when the disk is
 * found to be low: rows take at most 48 bytes for each 88 of frames.
 */
export const DEFAULT_SPACE_MARKS: SpaceMarks = {
  lowBytes: 2 * MAX_UNCOMMITTED_BYTES,
  reserveBytes: RESERVE_BYTES,
};

const PIECE_BYTES = 1 << 20;

/** For the data directory, which waits for what is under way before it is closed. */
export interface OwnedSpaceWatch extends SpaceWatch {
  settled(): Promise<void>;
}

/** Opens the watch; touches nothing until {@link SpaceWatch.check}. */
export function watchSpace(
  fileSystem: FileSystem,
  directory: string,
  marks: SpaceMarks,
): OwnedSpaceWatch {
  return new DirectorySpace(fileSystem, directory, marks);
}

class DirectorySpace implements OwnedSpaceWatch {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #marks: SpaceMarks;
  #looking: Promise<DiskSpace> | undefined;
  /** Whether `RESERVE` is complete and durable; not known before the first look. */
  #reserved: boolean | undefined;

  constructor(fileSystem: FileSystem, directory: string, marks: SpaceMarks) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#marks = marks;
  }

  check(): Promise<DiskSpace> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async settled(): Promise<void> {
    await this.#looking?.catch(() => undefined);
  }

  async #look(): Promise<DiskSpace> {
    const { lowBytes, reserveBytes } = this.#marks;
    this.#reserved ??= await this.#isReserved();
    const free = await this.#fileSystem.freeBytes(this.#directory);
    if (this.#reserved) {
      if (free >= lowBytes) return { freeBytes: free, low: false };
      await this.#release();
      return { freeBytes: await this.#fileSystem.freeBytes(this.#directory), low: true };
    }
    // The reserve comes first: room counts as back only when it holds with the reserve in place.
    if (free < lowBytes + reserveBytes) {
      // Part of one may be there, from a process that ended while it made it.
      await this.#release();
      return { freeBytes: await this.#fileSystem.freeBytes(this.#directory), low: true };
    }
    if (reserveBytes > 0) await this.#make();
    this.#reserved = true;
    const left = await this.#fileSystem.freeBytes(this.#directory);
    return { freeBytes: left, low: left < lowBytes };
  }

  get #path(): string {
    return join(this.#directory, RESERVE_FILE);
  }

  async #isReserved(): Promise<boolean> {
    if (!(await this.#exists())) return false;
    const file = await this.#fileSystem.open(this.#path, "read");
    try {
      return (await file.size()) >= this.#marks.reserveBytes;
    } finally {
      await file.close();
    }
  }

  async #exists(): Promise<boolean> {
    return (await this.#fileSystem.list(this.#directory))?.includes(RESERVE_FILE) === true;
  }

  async #release(): Promise<void> {
    this.#reserved = false;
    if (!(await this.#exists())) return;
    await this.#fileSystem.unlink(this.#path);
    await this.#fileSystem.syncDirectory(this.#directory);
  }

  async #make(): Promise<void> {
    const mode = (await this.#exists()) ? "write" : "create";
    const file = await this.#fileSystem.open(this.#path, mode);
    try {
      await fill(file, this.#marks.reserveBytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await this.#fileSystem.syncDirectory(this.#directory);
  }
}

/** Noise, because a file system that compresses would keep nothing back for zeros. */
async function fill(file: File, length: number): Promise<void> {
  const piece = new Uint8Array(Math.min(PIECE_BYTES, length));
  let state = 0x9e3779b9;
  for (let at = 0; at < piece.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    piece[at] = state >>> 24;
  }
  for (let at = 0; at < length; at += piece.length)
    await file.write([piece.subarray(0, Math.min(piece.length, length - at))], at);
}
