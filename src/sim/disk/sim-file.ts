import { assert } from "../../common/assert.ts";
import type { File } from "../../storage/file-system.ts";
import { ioError } from "../../storage/io-error.ts";
import type { CrashPolicy } from "./fate.ts";
import type { Incarnation, OperationRecord, Operations } from "./operations.ts";
import type { SimInode } from "./sim-inode.ts";

/** One open file of one incarnation. Misuse of {@link File} is an AssertionError. */
export class SimFile implements File {
  readonly path: string;
  readonly #inode: SimInode;
  readonly #writable: boolean;
  readonly #owner: Incarnation;
  readonly #operations: Operations;
  readonly #failedSync: () => CrashPolicy;
  readonly #freeBytes: () => number;
  #open = true;

  constructor(options: {
    readonly path: string;
    readonly inode: SimInode;
    readonly writable: boolean;
    readonly owner: Incarnation;
    readonly operations: Operations;
    /** What becomes of unsynced bytes when a sync fails. */
    readonly failedSync: () => CrashPolicy;
    /** By how much files may grow. */
    readonly freeBytes: () => number;
  }) {
    this.path = options.path;
    this.#inode = options.inode;
    this.#writable = options.writable;
    this.#owner = options.owner;
    this.#operations = options.operations;
    this.#failedSync = options.failedSync;
    this.#freeBytes = options.freeBytes;
  }

  size(): Promise<number> {
    this.#check("size");
    return this.#operations.read(this.#owner, {
      kind: "read",
      path: this.path,
      finish: () => this.#inode.size,
    });
  }

  read(into: Uint8Array, position: number): Promise<number> {
    this.#check("read");
    return this.#operations.read(this.#owner, {
      kind: "read",
      path: this.path,
      finish: () => {
        const bytes = this.#inode.content().subarray(position, position + into.length);
        into.set(bytes);
        return bytes.length;
      },
    });
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    const bytes = concatenate(chunks);
    const apply = (length: number) => (record: OperationRecord) =>
      this.#inode.write(record, bytes.subarray(0, length), position);
    await this.#alone("write", () =>
      this.#operations.change(this.#owner, {
        kind: "write",
        path: this.path,
        detail: () => `${position}+${bytes.length}`,
        begin: (record) => {
          const room = this.#roomFor(position, bytes.length);
          apply(room)(record);
          if (room < bytes.length) throw ioError("write", this.path, "ENOSPC");
        },
        fail: apply(bytes.length >>> 1),
        half: apply(bytes.length >>> 1),
        finish: () => undefined,
      }),
    );
    assert(same(bytes, chunks), `bytes changed while they were written: ${this.path}`);
  }

  /** How many of the bytes fit on the disk: a full one takes what it can, and then refuses. */
  #roomFor(position: number, length: number): number {
    const growth = position + length - this.#inode.size;
    return growth <= 0 ? length : Math.max(0, length - Math.max(0, growth - this.#freeBytes()));
  }

  async sync(): Promise<void> {
    let covered = 0;
    await this.#alone("sync", () =>
      this.#operations.change(this.#owner, {
        kind: "sync",
        path: this.path,
        begin: () => {
          covered = this.#inode.pending.length;
        },
        fail: () => this.#inode.syncFailed(this.#failedSync()),
        finish: () => this.#inode.synced(covered),
      }),
    );
  }

  async truncate(length: number): Promise<void> {
    await this.#alone("truncate", () =>
      this.#operations.change(this.#owner, {
        kind: "truncate",
        path: this.path,
        detail: () => `to ${length}`,
        begin: (record) => this.#inode.truncate(record, length),
        finish: () => undefined,
      }),
    );
  }

  close(): Promise<void> {
    if (this.#owner.alive)
      assert(
        this.#inode.busyWith === undefined || !this.#writable,
        `${this.path} closed while busy`,
      );
    this.#open = false;
    return Promise.resolve();
  }

  /** At most one write, sync or truncate at a time. */
  async #alone(what: string, run: () => Promise<void>): Promise<void> {
    this.#check(what);
    if (this.#owner.alive && !this.#operations.frozen) {
      assert(this.#writable, `${what} on ${this.path}, which was opened to read`);
      const { busyWith } = this.#inode;
      assert(busyWith === undefined, `${what} on ${this.path} while its ${busyWith} is under way`);
      this.#inode.busyWith = what;
    }
    try {
      await run();
    } finally {
      if (this.#owner.alive) this.#inode.busyWith = undefined;
    }
  }

  #check(what: string): void {
    assert(this.#open || !this.#owner.alive, `${what} on ${this.path}, which was closed`);
  }
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return Uint8Array.prototype.slice.call(only);
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function same(bytes: Uint8Array, chunks: readonly Uint8Array[]): boolean {
  let at = 0;
  for (const chunk of chunks) {
    if (Buffer.compare(bytes.subarray(at, at + chunk.length), chunk) !== 0) return false;
    at += chunk.length;
  }
  return at === bytes.length;
}
