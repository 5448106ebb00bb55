import { assert } from "../../common/assert.ts";
import type { FileSystem } from "../../storage/file-system.ts";
import { ALL_LOST, type CrashPolicy, randomFates } from "./fate.ts";
import type { Fault } from "./faults.ts";
import {
  type BoundarySide,
  type Incarnation,
  type OperationRecord,
  Operations,
  type Timing,
} from "./operations.ts";
import { isFile, SimDirectory } from "./sim-directory.ts";
import { SimInode } from "./sim-inode.ts";
import { SimMount } from "./sim-mount.ts";
import { nameOf, parentAt, partsOf } from "./sim-path.ts";

/**
 * A disk in memory that forgets what was not synced, exactly as far as POSIX lets a disk forget.
 *
 * `mount()` is what a process gets; `kill()` ends the process and leaves the page cache; `crash()`
 * takes the power away. Without timing, operations complete by microtask. Deterministic: the same
 * calls (and the same seed) give the same bytes.
 */
export class SimDisk {
  readonly #timing: Timing | undefined;
  #root = new SimDirectory();
  #operations: Operations;
  #incarnations: Incarnation[] = [];
  readonly #locks = new Map<string, Incarnation>();
  /** Bytes of all files at most: a write beyond it is short, then fails with ENOSPC. */
  capacityBytes = Number.POSITIVE_INFINITY;
  /** Something at rest was changed, cut or removed. */
  damaged = false;

  constructor(timing?: Timing) {
    this.#timing = timing;
    this.#operations = new Operations(timing, 0);
  }

  /** A new incarnation. Those before it live on, like other processes, until `kill` or `crash`. */
  mount(): FileSystem {
    assert(!this.frozen, "the disk stopped at a boundary: kill or crash it first");
    const owner: Incarnation = { alive: true };
    this.#incarnations.push(owner);
    return new SimMount(owner, {
      root: () => this.#root,
      operations: this.#operations,
      locks: this.#locks,
      freeBytes: () => this.freeBytes,
      failedSync: () => (this.#timing ? randomFates(this.#timing.random) : ALL_LOST),
    });
  }

  /** SIGKILL: outstanding calls never settle, later ones are ignored; the page cache stays. */
  kill(): void {
    for (const incarnation of this.#incarnations) incarnation.alive = false;
    this.#incarnations = [];
    this.#locks.clear();
    this.#operations.thaw();
    forEachFile(this.#root, (inode) => {
      inode.busyWith = undefined;
    });
  }

  /** Power loss: as `kill`, and `policy` decides about everything that was not synced. */
  crash(policy: CrashPolicy): void {
    this.kill();
    this.#root.powerLost(policy);
  }

  /** Operations that changed the disk, in the order in which they began. */
  get operations(): readonly OperationRecord[] {
    return this.#operations.records;
  }

  /** Number of the last operation that began. */
  get operationCount(): number {
    return this.#operations.count;
  }

  /** True once a boundary was reached: nothing happens any more until `kill` or `crash`. */
  get frozen(): boolean {
    return this.#operations.frozen;
  }

  /** Freezes the disk at operation `number`; resolves when it has been reached. */
  stopAtBoundary(number: number, side: BoundarySide): Promise<OperationRecord> {
    return this.#operations.stopAt((record) => record.number === number, side);
  }

  /** The same at the first operation whose label matches. */
  stopAtOperation(pattern: RegExp, side: BoundarySide): Promise<OperationRecord> {
    return this.#operations.stopAt(({ label }) => pattern.test(label), side);
  }

  /** Strikes operations to come. */
  fault(fault: Fault): void {
    this.#operations.faults.add(fault);
  }

  clearFaults(): void {
    this.#operations.faults.clear();
  }

  /** A deep copy without incarnations, boundaries and faults; `timing`: that of the copy. */
  fork(timing?: Timing): SimDisk {
    const copy = new SimDisk(timing);
    copy.#root = this.#root.copy();
    copy.#operations = new Operations(timing, this.#operations.count);
    copy.capacityBytes = this.capacityBytes;
    return copy;
  }

  /** By how much its files may still grow. Names cost nothing. */
  get freeBytes(): number {
    if (this.capacityBytes === Number.POSITIVE_INFINITY) return Number.MAX_SAFE_INTEGER;
    let used = 0;
    forEachFile(this.#root, (inode) => {
      used += inode.size;
    });
    return Math.max(0, this.capacityBytes - used);
  }

  /** Writes and truncates that no sync has covered, by path; files without a name are left out. */
  pendingChanges(): readonly PendingFileChange[] {
    const found: PendingFileChange[] = [];
    forEachFile(this.#root, (inode) => {
      for (const change of inode.pending) {
        const { kind } = change;
        const { number, label } = change.operation;
        if (kind === "truncate") found.push({ kind, number, label });
        else
          found.push({
            kind,
            number,
            label,
            position: change.position,
            length: change.bytes.length,
          });
      }
    });
    return found.sort((a, b) => a.number - b.number);
  }

  /** Names created, renamed or unlinked, their directory not synced since. */
  pendingEntries(): readonly OperationRecord[] {
    const found: OperationRecord[] = [];
    forEachDirectory(this.#root, (directory) => {
      for (const { operation } of directory.pending)
        found.push({ number: operation.number, label: operation.label });
    });
    return found.sort((a, b) => a.number - b.number);
  }

  /** Paths of all files that one sees, sorted. */
  files(): readonly string[] {
    return filesBelow(this.#root, "").sort();
  }

  /** What a read of the file would see. */
  readFile(path: string): Uint8Array {
    return this.#inode(path).content().slice();
  }

  /** What the device holds of the file for certain. */
  readDurable(path: string): Uint8Array {
    return this.#inode(path).durable().slice();
  }

  /** Overwrites bytes, as rot or a careless hand does; at rest and in the cache alike. */
  patch(path: string, position: number, bytes: Uint8Array): void {
    this.damaged = true;
    this.#inode(path).edit((content) => content.write(bytes, position));
  }

  /** Flips the bits of `mask` in one byte. */
  flip(path: string, position: number, mask = 0x01): void {
    const old = this.#inode(path).content()[position];
    assert(old !== undefined, `${path} has no byte ${position}`);
    this.patch(path, position, Uint8Array.of(old ^ mask));
  }

  /** Cuts the file to `length`, or extends it with zeros. */
  cut(path: string, length: number): void {
    this.damaged = true;
    this.#inode(path).edit((content) => content.resize(length));
  }

  /** Another disk takes its place, empty. */
  wipe(): void {
    this.#root = new SimDirectory();
  }

  remove(path: string): void {
    this.damaged = true;
    this.#inode(path);
    parentAt(this.#root, path)?.edit(nameOf(path), undefined);
  }

  /** Puts a file there, with the directories above it, all of it durable. */
  put(path: string, bytes: Uint8Array): void {
    let directory = this.#root;
    for (const part of partsOf(path).slice(0, -1)) {
      let next = directory.get(part);
      assert(!isFile(next), `${part} of ${path} is a file`);
      if (next === undefined) {
        next = new SimDirectory();
        directory.edit(part, next);
      }
      directory = next;
    }
    directory.edit(nameOf(path), new SimInode(bytes));
  }

  #inode(path: string): SimInode {
    const node = parentAt(this.#root, path)?.get(nameOf(path));
    assert(isFile(node), `no such file on the simulated disk: ${path}`);
    return node;
  }
}

export interface PendingFileChange extends OperationRecord {
  readonly kind: "write" | "truncate";
  /** Of a write. */
  readonly position?: number;
  readonly length?: number;
}

function forEachDirectory(directory: SimDirectory, visit: (directory: SimDirectory) => void): void {
  visit(directory);
  for (const node of directory.nodes()) if (!isFile(node)) forEachDirectory(node, visit);
}

function forEachFile(root: SimDirectory, visit: (inode: SimInode) => void): void {
  forEachDirectory(root, (directory) => {
    for (const node of directory.nodes()) if (isFile(node)) visit(node);
  });
}

function filesBelow(directory: SimDirectory, prefix: string): string[] {
  return directory.names().flatMap((name) => {
    const node = directory.get(name);
    if (node === undefined) return [];
    return isFile(node) ? [prefix + name] : filesBelow(node, `${prefix}${name}/`);
  });
}
