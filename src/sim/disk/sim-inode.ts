import { assert } from "../../common/assert.ts";
import { seededRandom } from "../../common/random.ts";
import { ByteStore } from "./byte-store.ts";
import type { CrashPolicy, Torn } from "./fate.ts";
import type { OperationRecord } from "./operations.ts";

type PendingChange =
  | {
      readonly kind: "write";
      readonly operation: OperationRecord;
      readonly position: number;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: "truncate";
      readonly operation: OperationRecord;
      readonly length: number;
    };

/**
 * A file without its name: what the device holds, what the page cache shows, and the changes
 * between the two that no sync has covered, in order.
 *
 * Overwrites are power-safe: a torn write harms no byte outside its own range.
 */
export class SimInode {
  #device: ByteStore;
  #cache: ByteStore;
  #pending: PendingChange[] = [];
  /** The operation under way: `File` allows one at a time. */
  busyWith: string | undefined;

  constructor(content: Uint8Array = new Uint8Array(0)) {
    this.#device = new ByteStore(content);
    this.#cache = new ByteStore(content);
  }

  get size(): number {
    return this.#cache.length;
  }

  get pending(): readonly PendingChange[] {
    return this.#pending;
  }

  /** What a read sees: the page cache. Answers how much of `into` it has filled. */
  read(into: Uint8Array, position: number): number {
    return this.#cache.read(into, position);
  }

  /** The same, all of it. A view, valid until the next change. */
  content(): Uint8Array {
    return this.#cache.view();
  }

  /** What the device holds for certain. A view, valid until the next change. */
  durable(): Uint8Array {
    return this.#device.view();
  }

  write(operation: OperationRecord, bytes: Uint8Array, position: number): void {
    this.#cache.write(bytes, position);
    this.#pending.push({ kind: "write", operation, position, bytes });
  }

  truncate(operation: OperationRecord, length: number): void {
    this.#cache.resize(length);
    this.#pending.push({ kind: "truncate", operation, length });
  }

  /** The first `count` pending changes have reached the device. */
  synced(count: number): void {
    assert(count <= this.#pending.length, "a sync covers only what was pending when it began");
    for (const change of this.#pending.splice(0, count)) applyWhole(this.#device, change);
  }

  /**
   * A sync that failed: what became of the changes is decided now, and the pages count as clean,
   * so no later sync writes them; yet reads still see them.
   */
  syncFailed(policy: CrashPolicy): void {
    for (const change of this.#pending.splice(0)) applyFate(this.#device, change, policy);
  }

  /** Power is lost: the page cache is gone, the policy decides about the pending changes. */
  powerLost(policy: CrashPolicy): void {
    this.syncFailed(policy);
    this.#cache = this.#device.copy();
    this.busyWith = undefined;
  }

  /** Changes device and page cache alike, as rot or a careless hand does. */
  edit(change: (content: ByteStore) => void): void {
    change(this.#device);
    change(this.#cache);
  }

  copy(): SimInode {
    const copy = new SimInode();
    copy.#device = this.#device.copy();
    copy.#cache = this.#cache.copy();
    copy.#pending = [...this.#pending];
    return copy;
  }
}

function applyWhole(store: ByteStore, change: PendingChange): void {
  if (change.kind === "truncate") store.resize(change.length);
  else store.write(change.bytes, change.position);
}

function applyFate(store: ByteStore, change: PendingChange, policy: CrashPolicy): void {
  const { number, label } = change.operation;
  if (change.kind === "truncate") {
    if (policy.truncate({ number, label }) === "kept") applyWhole(store, change);
    return;
  }
  const { position, bytes } = change;
  const fate = policy.write({ number, label, position, length: bytes.length });
  if (fate === "kept") applyWhole(store, change);
  else if (fate !== "lost") applyTorn(store, number, position, bytes, fate);
}

function applyTorn(
  store: ByteStore,
  number: number,
  position: number,
  bytes: Uint8Array,
  torn: Torn,
): void {
  const end = position + bytes.length;
  const garbage = seededRandom(number);
  for (let from = position; from < end; ) {
    const piece = Math.floor(from / torn.grainBytes);
    const to = Math.min(end, (piece + 1) * torn.grainBytes);
    if (torn.arrived(piece)) store.write(bytes.subarray(from - position, to - position), from);
    else if (torn.filling === "zeros") store.write(new Uint8Array(to - from), from);
    else if (torn.filling === "garbage")
      store.write(
        Uint8Array.from({ length: to - from }, () => Math.floor(garbage.next() * 256)),
        from,
      );
    from = to;
  }
}
