import type { File, FileSystem } from "../file-system.ts";

const MAX_OPEN_FILES = 32;

interface PooledFile {
  readonly file: Promise<File>;
  readers: number;
  /** No longer in the pool: the last reader closes it. */
  dropped: boolean;
}

/** Files open for reading: at most {@link MAX_OPEN_FILES} that nobody reads just now. */
export class FilePool {
  readonly #fileSystem: FileSystem;
  readonly #files = new Map<string, PooledFile>();

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  /** Runs `read` with the file at `path`, which stays open while it runs. */
  async use<T>(path: string, read: (file: File) => Promise<T>): Promise<T> {
    const pooled = this.#take(path);
    try {
      return await read(await pooled.file);
    } finally {
      pooled.readers--;
      if (pooled.dropped) await this.#closeUnread(pooled);
    }
  }

  /** The file at `path` is about to be removed or replaced. */
  async forget(path: string): Promise<void> {
    const pooled = this.#files.get(path);
    if (pooled !== undefined) await this.#drop(path, pooled);
  }

  async close(): Promise<void> {
    for (const [path, pooled] of [...this.#files]) await this.#drop(path, pooled);
  }

  #take(path: string): PooledFile {
    let pooled = this.#files.get(path);
    if (pooled === undefined) {
      pooled = { file: this.#fileSystem.open(path, "read"), readers: 0, dropped: false };
      // A file that was only read loses nothing when closing it fails.
      this.#makeRoom().catch(() => undefined);
    }
    pooled.readers++;
    // Re-inserted: the map's order is the order of last use.
    this.#files.delete(path);
    this.#files.set(path, pooled);
    const opened = pooled;
    opened.file.catch(() => {
      if (this.#files.get(path) === opened) this.#files.delete(path);
    });
    return opened;
  }

  async #makeRoom(): Promise<void> {
    if (this.#files.size < MAX_OPEN_FILES) return;
    for (const [path, pooled] of this.#files)
      if (pooled.readers === 0) return this.#drop(path, pooled);
  }

  #drop(path: string, pooled: PooledFile): Promise<void> {
    this.#files.delete(path);
    pooled.dropped = true;
    return this.#closeUnread(pooled);
  }

  async #closeUnread(pooled: PooledFile): Promise<void> {
    if (pooled.readers > 0) return;
    const file = await pooled.file.catch(() => undefined);
    await file?.close();
  }
}
