import { assert, broken } from "../../common/assert.ts";
import type { File } from "../../storage/file-system.ts";
import { ioError } from "../../storage/io-error.ts";
import type { CrashPolicy } from "./fate.ts";
import type { Incarnation, Operation, OperationRecord, Operations } from "./operations.ts";
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
      finish: () => this.#inode.read(into, position),
    });
  }

  write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    const bytes = concatenate(chunks);
    const apply = (length: number, record: OperationRecord) =>
      this.#inode.write(record, bytes.subarray(0, length), position);
    const half = (record: OperationRecord) => apply(bytes.length >>> 1, record);
    return this.#alone({
      kind: "write",
      path: this.path,
      detail: () => `${position}+${bytes.length}`,
      begin: (record) => {
        const room = this.#roomFor(position, bytes.length);
        apply(room, record);
        if (room < bytes.length) throw ioError("write", this.path, "ENOSPC");
      },
      fail: half,
      half,
      finish: () => {
        if (!same(bytes, chunks)) broken(`bytes changed while they were written: ${this.path}`);
      },
    });
  }

  /** How many of the bytes fit on the disk: a full one takes what it can, and then refuses. */
  #roomFor(position: number, length: number): number {
    const growth = position + length - this.#inode.size;
    return growth <= 0 ? length : Math.max(0, length - Math.max(0, growth - this.#freeBytes()));
  }

  sync(): Promise<void> {
    let covered = 0;
    return this.#alone({
      kind: "sync",
      path: this.path,
      begin: () => {
        covered = this.#inode.pending.length;
      },
      fail: () => this.#inode.syncFailed(this.#failedSync()),
      finish: () => this.#inode.synced(covered),
    });
  }

  truncate(length: number): Promise<void> {
    return this.#alone({
      kind: "truncate",
      path: this.path,
      detail: () => `to ${length}`,
      begin: (record) => this.#inode.truncate(record, length),
      finish: () => undefined,
    });
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
  async #alone(operation: Operation<void>): Promise<void> {
    const { kind } = operation;
    this.#check(kind);
    if (this.#owner.alive && !this.#operations.frozen) {
      const { busyWith } = this.#inode;
      if (!this.#writable) broken(`${kind} on ${this.path}, which was opened to read`);
      if (busyWith !== undefined)
        broken(`${kind} on ${this.path} while its ${busyWith} is under way`);
      this.#inode.busyWith = kind;
    }
    try {
      await this.#operations.change(this.#owner, operation);
    } finally {
      if (this.#owner.alive) this.#inode.busyWith = undefined;
    }
  }

  #check(what: string): void {
    if (!this.#open && this.#owner.alive) broken(`${what} on ${this.path}, which was closed`);
  }
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return new Uint8Array(only);
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function same(bytes: Uint8Array, chunks: readonly Uint8Array[]): boolean {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return Buffer.compare(bytes, only) === 0;
  let at = 0;
  for (const chunk of chunks) {
    if (Buffer.compare(bytes.subarray(at, at + chunk.length), chunk) !== 0) return false;
    at += chunk.length;
  }
  return at === bytes.length;
}
