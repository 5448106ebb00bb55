/**
 * The disk, as the log needs it. `node-file-system.ts` is the only implementation that touches
 * the machine; the simulator has one that forgets what was not synced.
 */
export interface FileSystem {
  /** `create`: must not exist yet. `write`: must exist. `read`: must exist, never written. */
  open(path: string, mode: "create" | "write" | "read"): Promise<File>;
  /** Names in a directory, sorted; `undefined` when the directory does not exist. */
  list(path: string): Promise<readonly string[] | undefined>;
  /** Creates the directory and its parents, and syncs each parent that got a new name. */
  makeDirectory(path: string): Promise<void>;
  /** Replaces `to` if it exists. Durable after `syncDirectory`. */
  rename(from: string, to: string): Promise<void>;
  /** Durable after `syncDirectory`. */
  unlink(path: string): Promise<void>;
  /** Makes creations, renames and unlinks in `path` durable. */
  syncDirectory(path: string): Promise<void>;
  /** Bytes that an ordinary process may still write below `path`. */
  freeBytes(path: string): Promise<number>;
  /**
   * Takes the data directory for this process, for as long as it lives.
   * @throws FatalError("io") naming the holder when another process has it.
   */
  lock(directory: string): Promise<DirectoryLock>;
}

export interface DirectoryLock {
  release(): Promise<void>;
}

/** One open file. At most one write, sync or truncate at a time per file; reads at any time. */
export interface File {
  readonly path: string;
  size(): Promise<number>;
  /** Fills `into` from `position`; returns the bytes read, fewer only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes all of `chunks`, one after the other, from `position`; short writes are looped. */
  write(chunks: readonly Uint8Array[], position: number): Promise<void>;
  /** Resolves when everything written before the call is on the disk (fdatasync). */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}
