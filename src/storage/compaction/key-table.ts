import { crc32 } from "node:zlib";

/** Two slots, hash, key position and length, offset, mark: what an entry costs beside its key. */
const ENTRY_BYTES = 29;
const FIRST_ENTRIES = 256;
const FIRST_KEY_BYTES = 4 << 10;
/** Shorter keys are hashed here: a call into native code costs more. */
const SHORT_KEY_BYTES = 32;

/**
 * The newest offset of every key seen, within a bound of memory. Keys are compared byte by byte,
 * never by hash alone: two keys that collide are two keys.
 */
export class KeyTable {
  readonly #maxBytes: number;
  #count = 0;
  #keyBytes = 0;
  /** Number of the entry plus one; 0: free. Twice as many as entries at least, a power of two. */
  #slots = new Int32Array(2 * FIRST_ENTRIES);
  #hashes = new Uint32Array(FIRST_ENTRIES);
  #keyAt = new Uint32Array(FIRST_ENTRIES);
  #keyLength = new Uint32Array(FIRST_ENTRIES);
  #offsets = new Float64Array(FIRST_ENTRIES);
  #pinned = new Uint8Array(FIRST_ENTRIES);
  #keys = new Uint8Array(FIRST_KEY_BYTES);

  /** `maxBytes`: what it may hold; one key always fits. Growing takes up to twice as much. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#count;
  }

  /** Notes that `key` was seen at `offset`, behind all earlier ones; false when it is full. */
  add(key: Uint8Array, offset: number): boolean {
    const hash = hashOf(key);
    const slot = this.#slotOf(key, hash);
    const entry = (this.#slots[slot] as number) - 1;
    if (entry >= 0) {
      this.#offsets[entry] = offset;
      return true;
    }
    const bytes = (this.#count + 1) * ENTRY_BYTES + this.#keyBytes + key.length;
    if (this.#count > 0 && bytes > this.#maxBytes) return false;
    this.#insert(slot, key, hash, offset);
    return true;
  }

  /** The entry of `key`; -1 when it was not seen. */
  find(key: Uint8Array): number {
    return (this.#slots[this.#slotOf(key, hashOf(key))] as number) - 1;
  }

  /** Newest offset of an entry. */
  offset(entry: number): number {
    return this.#offsets[entry] as number;
  }

  /** An older record of the key stays: a tombstone of it must stay, too. */
  pin(entry: number): void {
    this.#pinned[entry] = 1;
  }

  isPinned(entry: number): boolean {
    return this.#pinned[entry] === 1;
  }

  /** The slot that holds `key`, or the free one where it belongs. */
  #slotOf(key: Uint8Array, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0 || (this.#hashes[entry] === hash && this.#isKey(entry, key))) return slot;
    }
  }

  #isKey(entry: number, key: Uint8Array): boolean {
    const { length } = key;
    if (this.#keyLength[entry] !== length) return false;
    const from = this.#keyAt[entry] as number;
    for (let i = 0; i < length; i++) if (this.#keys[from + i] !== key[i]) return false;
    return true;
  }

  #insert(slot: number, key: Uint8Array, hash: number, offset: number): void {
    const entry = this.#count++;
    if (entry === this.#hashes.length) this.#growEntries();
    if (this.#keyBytes + key.length > this.#keys.length) this.#growKeys(key.length);
    this.#keys.set(key, this.#keyBytes);
    this.#hashes[entry] = hash;
    this.#keyAt[entry] = this.#keyBytes;
    this.#keyLength[entry] = key.length;
    this.#offsets[entry] = offset;
    this.#keyBytes += key.length;
    if (2 * this.#count > this.#slots.length) this.#growSlots();
    else this.#slots[slot] = entry + 1;
  }

  #growEntries(): void {
    const capacity = 2 * this.#hashes.length;
    this.#hashes = grown(this.#hashes, new Uint32Array(capacity));
    this.#keyAt = grown(this.#keyAt, new Uint32Array(capacity));
    this.#keyLength = grown(this.#keyLength, new Uint32Array(capacity));
    this.#offsets = grown(this.#offsets, new Float64Array(capacity));
    this.#pinned = grown(this.#pinned, new Uint8Array(capacity));
  }

  #growKeys(more: number): void {
    const capacity = Math.max(2 * this.#keys.length, this.#keyBytes + more);
    this.#keys = grown(this.#keys, new Uint8Array(capacity));
  }

  #growSlots(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let entry = 0; entry < this.#count; entry++) {
      let slot = (this.#hashes[entry] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = entry + 1;
    }
    this.#slots = slots;
  }
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}

function hashOf(key: Uint8Array): number {
  if (key.length > SHORT_KEY_BYTES) return crc32(key);
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ (key[i] as number), 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x85ebca6b) >>> 0;
}
