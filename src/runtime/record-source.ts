import { LogIndex, Offset } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { CompactedPrefix } from "../storage/compaction/types.ts";
import type { FrameRun, LogStore, RecordLocation } from "../storage/types.ts";

/** Where recent reads ended: a tail goes on there without a search. */
const MAX_CONTINUATIONS = 64;

/** Frames, and the offset to go on from: further than the last of them where offsets have holes. */
export interface SourcedRun {
  readonly run: FrameRun;
  readonly nextOffset: Offset;
}

/** Committed records wherever they lie now: in the log, or before it in its compacted prefix. */
export class RecordSource {
  readonly #log: LogStore;
  readonly #compacted: CompactedPrefix | undefined;
  readonly #continuations = new Map<Offset, LogIndex>();

  constructor(log: LogStore, compacted: CompactedPrefix | undefined) {
    this.#log = log;
    this.#compacted = compacted;
  }

  /** No record below it is held here; above it, the policy decides. */
  get heldFrom(): Offset {
    return this.#prefix?.heldFrom ?? this.#log.logStartOffset;
  }

  /** Offsets below it may have holes. */
  get compactedTo(): Offset {
    return this.#prefix?.upTo.nextOffset ?? Offset(0);
  }

  /** Frames from `from` on, which is not below {@link heldFrom}; none past entry `upTo`. */
  async read(from: Offset, maxBytes: number, upTo: LogIndex): Promise<SourcedRun> {
    const prefix = this.#prefix;
    if (prefix !== undefined && from < this.#log.logStartOffset)
      return intactPrefix(() => prefix.read(from, maxBytes));
    const first = this.#continuation(from) ?? (await this.#log.locate(from)).index;
    const run = await intact(`entry ${first}`, () => this.#log.read(first, maxBytes, upTo));
    const nextOffset = await this.#log.offsetAfter(run.last.index);
    // It left the log meanwhile: where it ended the log cannot tell any more, its prefix can.
    if (run.last.index < this.#log.start.last.index) return this.read(from, maxBytes, upTo);
    this.#remember(nextOffset, LogIndex(run.last.index + 1));
    return { run, nextOffset };
  }

  /** The entry that holds `offset`, or the next one that is left where compaction took it. */
  async locate(offset: Offset): Promise<RecordLocation> {
    const prefix = this.#prefix;
    if (prefix === undefined || offset >= this.#log.logStartOffset) return this.#log.locate(offset);
    const found = await intactPrefix(() => prefix.locate(offset));
    return found ?? this.#log.locate(this.#log.logStartOffset);
  }

  /** First offset stamped at or after `timestamp`; absent when there is none. */
  async offsetAtTime(timestamp: number): Promise<Offset | undefined> {
    const { start } = this.#log;
    const prefix = this.#prefix;
    const inPrefix = prefix && (await intactPrefix(() => prefix.locateTime(timestamp)));
    if (inPrefix !== undefined && inPrefix < this.#log.logStartOffset) return inPrefix;
    const inLog = await this.#log.locateTime(timestamp);
    // What lies in neither of them may have gone from one to the other meanwhile.
    return start === this.#log.start ? inLog?.baseOffset : this.offsetAtTime(timestamp);
  }

  /** The compacted prefix, where it reaches up to the log. */
  get #prefix(): CompactedPrefix | undefined {
    const index = this.#compacted?.upTo.index ?? 0;
    return index > 0 && index >= this.#log.start.last.index ? this.#compacted : undefined;
  }

  /** Entries without records may follow a record; where they have left the log, it begins there. */
  #continuation(from: Offset): LogIndex | undefined {
    const index = this.#continuations.get(from);
    return index !== undefined && index > this.#log.start.last.index ? index : undefined;
  }

  #remember(nextOffset: Offset, nextIndex: LogIndex): void {
    this.#continuations.delete(nextOffset);
    this.#continuations.set(nextOffset, nextIndex);
    if (this.#continuations.size <= MAX_CONTINUATIONS) return;
    for (const oldest of this.#continuations.keys()) {
      this.#continuations.delete(oldest);
      break;
    }
  }
}

/** A compacted file that is damaged is never served: it is being mended from another node's. */
async function intactPrefix<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    if (!(thrown instanceof LogError) || thrown.code !== "CORRUPT") throw thrown;
    throw new LogError("UNAVAILABLE", `a compacted segment is damaged here: ${thrown.message}`, {
      hint: "read from another node, or try again: it is mended from what the others have",
      cause: thrown,
    });
  }
}

/** Damage is never served: while it is being repaired the reader is asked to come again. */
async function intact<T>(what: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    if (!(thrown instanceof LogError) || thrown.code !== "CORRUPT") throw thrown;
    throw new LogError("UNAVAILABLE", `${what} is damaged here and being repaired`, {
      hint: "try again, or read from another node",
      cause: thrown,
    });
  }
}
