import { assert } from "../../common/assert.ts";
import type { LogIndex, Offset } from "../../common/brand.ts";
import { MAX_BATCH_BYTES } from "../../common/limits.ts";
import {
  checkFrame,
  decodeHeader,
  FRAME_HEADER_BYTES,
  frameLength,
  frameLengthAt,
  headerBaseOffsetAt,
  headerChainAt,
  headerIndexAt,
  headerRecordCountAt,
  headerTermAt,
  headerTimestampAt,
  viewOf,
} from "../../common/frame.ts";
import type { EntryId } from "../../raft/types.ts";
import type { File } from "../file-system.ts";
import type { FrameRun, RecordLocation } from "../types.ts";
import { FAULT_WORDS } from "../wal/damage.ts";
import { ROW_INTERVAL_BYTES } from "./compacted-row.ts";
import { FileDamage } from "./file-damage.ts";
import type { CompactedFile } from "./manifest.ts";
import { RowLookup } from "./row-lookup.ts";

/** A read below this size costs as much as one of it. */
const MIN_READ_BYTES = 4 << 10;
const MAX_FRAME_BYTES = FRAME_HEADER_BYTES + MAX_BATCH_BYTES;
/** Reads that go on where one ended need no lookup. */
const MAX_CURSORS = 64;

/** A place between two frames. */
interface Place {
  readonly position: number;
  readonly prevChain: number;
}

/** Frames found in a file, and where it goes on. */
export interface FoundFrames {
  readonly run: FrameRun;
  readonly nextOffset: Offset;
  /** Behind the last of them. */
  readonly end: Place;
}

/** Whether the frame at `at` is one that is looked for. */
type Wanted = (view: DataView, at: number) => boolean;

/** Reads frames of compacted files, each verified before it is handed out. */
export class PrefixReader {
  readonly rows = new RowLookup();
  readonly #cursors = new Map<string, Place>();

  /**
   * Frames of `file` from offset `from` on; absent when it holds none there.
   * @throws FileDamage when the first one is damaged: a read ends before damage
   */
  async read(
    opened: File,
    file: CompactedFile,
    from: Offset,
    maxBytes: number,
  ): Promise<FoundFrames | undefined> {
    const cursor = this.#cursors.get(`${file.name} ${from}`);
    const start = cursor ?? (await this.rows.floor(opened, file, "offset", from)) ?? FIRST;
    const found = await readFrames(opened, file, start, maxBytes, (view, at) => {
      return headerBaseOffsetAt(view, at) + headerRecordCountAt(view, at) > from;
    });
    if (found === undefined) return undefined;
    this.#remember(file, found.nextOffset, found.end);
    return found;
  }

  /** The first record stamped at or after `timestamp`; absent when there is none. */
  async locateTime(
    opened: File,
    file: CompactedFile,
    timestamp: number,
  ): Promise<Offset | undefined> {
    const start = (await this.rows.floor(opened, file, "timestamp", timestamp - 1)) ?? FIRST;
    const found = await readFrames(
      opened,
      file,
      start,
      MIN_READ_BYTES,
      (view, at) => headerTimestampAt(view, at) >= timestamp,
    );
    const [bytes] = found?.run.chunks ?? [];
    return bytes && headerBaseOffsetAt(viewOf(bytes), 0);
  }

  forget({ name }: CompactedFile): void {
    this.rows.forget(name);
    for (const key of [...this.#cursors.keys()])
      if (key.startsWith(`${name} `)) this.#cursors.delete(key);
  }

  #remember(file: CompactedFile, offset: Offset, place: Place): void {
    if (place.position >= file.frameBytes) return;
    this.#cursors.set(`${file.name} ${offset}`, place);
    const oldest = this.#cursors.keys().next();
    if (this.#cursors.size > MAX_CURSORS && oldest.done !== true)
      this.#cursors.delete(oldest.value);
  }
}

const FIRST: Place = { position: 0, prevChain: 0 };

/** Goes on from `start` to the first wanted frame, and takes it and what fits behind it. */
async function readFrames(
  opened: File,
  file: CompactedFile,
  start: Place,
  maxBytes: number,
  wanted: Wanted,
): Promise<FoundFrames | undefined> {
  let place = start;
  let size = Math.max(maxBytes, MIN_READ_BYTES) + ROW_INTERVAL_BYTES;
  while (place.position < file.frameBytes) {
    const { position } = place;
    const bytes = Buffer.allocUnsafeSlow(Math.min(size, file.frameBytes - position));
    const filled = await opened.read(bytes, position);
    if (filled < bytes.length)
      throw new FileDamage(opened.path, position + filled, "the file ends too early");
    const whole = position + filled === file.frameBytes;
    const walk = new Walk(opened.path, bytes, place, whole);
    walk.skipTo(wanted);
    if (walk.atFrame) return walk.take(maxBytes);
    size = Math.max(size, walk.wantedBytes());
    place = walk.place;
  }
  return undefined;
}

/** One piece of a file, walked frame by frame. */
class Walk {
  readonly #path: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #position: number;
  /** Nothing follows these bytes: a frame that is cut is damaged. */
  readonly #whole: boolean;
  #at = 0;
  #chain: number;
  #length = 0;

  constructor(path: string, bytes: Uint8Array, { position, prevChain }: Place, whole: boolean) {
    this.#path = path;
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#position = position;
    this.#chain = prevChain;
    this.#whole = whole;
  }

  get place(): Place {
    return { position: this.#position + this.#at, prevChain: this.#chain };
  }

  /** A verified frame begins here. */
  get atFrame(): boolean {
    return this.#length > 0;
  }

  skipTo(wanted: Wanted): void {
    while (this.#check() && !wanted(this.#view, this.#at)) this.#step();
  }

  /** The frames from here on that fit, the first one in any case. */
  take(maxBytes: number): FoundFrames {
    const from = this.#at;
    const prevChain = this.#chain;
    const first = headerIndexAt(this.#view, from);
    let last = from;
    for (;;) {
      last = this.#at;
      this.#step();
      if (!this.#follows() || this.#at + this.#length - from > maxBytes) break;
    }
    const bytes = this.#bytes.subarray(from, this.#at);
    const view = this.#view;
    const ended = headerBaseOffsetAt(view, last) + headerRecordCountAt(view, last);
    const nextOffset = (this.atFrame ? headerBaseOffsetAt(view, this.#at) : ended) as Offset;
    const id: EntryId = { index: headerIndexAt(view, last), term: headerTermAt(view, last) };
    const run = { first, last: id, prevChain, chunks: [bytes], byteLength: bytes.length };
    return { run, nextOffset, end: this.place };
  }

  /** How much to read so that the frame here is whole, as far as its header can be believed. */
  wantedBytes(): number {
    if (this.#bytes.length - this.#at < FRAME_HEADER_BYTES) return 0;
    return Math.min(frameLengthAt(this.#view, this.#at), MAX_FRAME_BYTES);
  }

  #step(): void {
    this.#chain = headerChainAt(this.#view, this.#at);
    this.#at += this.#length;
    this.#length = 0;
  }

  /** @throws FileDamage; false when the piece ends before the frame does */
  #check(): boolean {
    this.#length = 0;
    if (this.#at === this.#bytes.length) return false;
    const length = checkFrame(this.#view, this.#at, this.#chain);
    if (typeof length === "number") this.#length = length;
    else if (length !== "cut" || this.#whole)
      throw new FileDamage(this.#path, this.#position + this.#at, FAULT_WORDS[length]);
    return this.#length > 0;
  }

  /** As {@link #check}, but what is damaged is left to the read that begins there. */
  #follows(): boolean {
    this.#length = 0;
    if (this.#at === this.#bytes.length) return false;
    const length = checkFrame(this.#view, this.#at, this.#chain);
    if (typeof length === "number") this.#length = length;
    return this.#length > 0;
  }
}

/** Where the first of `found` lies. */
export function locationOf({ name }: CompactedFile, { run, end }: FoundFrames): RecordLocation {
  const [bytes] = run.chunks;
  const header = bytes && decodeHeader(bytes, 0);
  assert(header !== undefined && typeof header !== "string", "what was read was verified");
  const { index, baseOffset, recordCount, term, timestamp } = header;
  const position = end.position - run.byteLength;
  const length = frameLength(header);
  return { index, baseOffset, recordCount, term, timestamp, file: name, position, length };
}

/** No frames, at the place of entry `index`. */
export function emptyRun(index: LogIndex): FrameRun {
  const last = { index: Math.max(0, index - 1), term: 0 } as EntryId;
  return { first: index, last, prevChain: 0, chunks: [], byteLength: 0 };
}
