import { type Deferred, deferred } from "../common/deferred.ts";
import { LogIndex, Term } from "../common/brand.ts";
import type { FileSystem } from "./file-system.ts";
import { HARD_STATE_FORMAT, type StoredHardState } from "./hard-state-format.ts";
import { PairedRecord, type RecordPair, winnerOf } from "./paired-record.ts";
import type { HardStateRecord, HardStateStore } from "./types.ts";

const FRESH: HardStateRecord = {
  currentTerm: Term(0),
  votedFor: undefined,
  incarnation: 0,
  firstSegment: undefined,
  activeSegment: undefined,
  snapshot: undefined,
  compactedTo: LogIndex(0),
  reset: undefined,
};

export interface HardStateOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly pair: RecordPair<StoredHardState>;
  /** Nothing can have been voted or promised here yet: an absent record is a fresh one. */
  readonly unused: boolean;
  /** What was found, one sentence each, is added here. */
  readonly notes: string[];
}

/** Term, vote and manifest in `hard-state.0` and `hard-state.1`. */
export class DurableHardState implements HardStateStore {
  readonly #record: PairedRecord<StoredHardState>;
  /** With every patch so far; what is on the disk is in `#record`. */
  #next: StoredHardState;
  #waiting: Deferred<void>[] = [];
  #writing: Promise<void> | undefined;
  #failure: { readonly cause: unknown } | undefined;
  #closed = false;

  private constructor(record: PairedRecord<StoredHardState>) {
    this.#record = record;
    this.#next = record.value;
  }

  /**
   * Opens or makes the record, heals its files, and counts this boot: the incarnation has grown by
   * one, durably, when this resolves.
   */
  static async open(options: HardStateOptions): Promise<DurableHardState> {
    const { fileSystem, directory, pair, unused, notes } = options;
    const winner = winnerOf(pair);
    notes.push(...describe(pair, unused));
    const record =
      winner === undefined
        ? await PairedRecord.create(fileSystem, directory, HARD_STATE_FORMAT, pair, {
            record: FRESH,
            trusted: unused,
          })
        : await PairedRecord.open(fileSystem, directory, HARD_STATE_FORMAT, pair, winner);
    const store = new DurableHardState(record);
    await store.update({ incarnation: store.current.incarnation + 1 });
    return store;
  }

  /** The record as both files hold it. */
  get current(): HardStateRecord {
    return this.#record.value.record;
  }

  get trusted(): boolean {
    return this.#next.trusted;
  }

  update(patch: Partial<HardStateRecord>): Promise<void> {
    const { record, trusted } = this.#next;
    return this.#write({ record: { ...record, ...patch }, trusted });
  }

  /** Waits for what is under way; later updates never settle. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await this.#record.close();
  }

  #write(next: StoredHardState): Promise<void> {
    if (this.#closed) return new Promise(() => undefined);
    if (this.#failure !== undefined) return Promise.reject(this.#failure.cause);
    this.#next = next;
    const written = deferred<void>();
    this.#waiting.push(written);
    this.#writing ??= this.#writeAll();
    return written.promise;
  }

  /** What arrives during one write goes into the next, all of it at once. */
  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.#record.write(this.#next);
      } catch (cause) {
        this.#failure = { cause };
        for (const written of [...group, ...this.#waiting.splice(0)]) written.reject(cause);
        return;
      }
      for (const written of group) written.resolve();
    }
    this.#writing = undefined;
  }
}

function describe(pair: RecordPair<StoredHardState>, unused: boolean): readonly string[] {
  const winner = winnerOf(pair);
  if (winner === undefined && !unused)
    return [
      `neither ${pair.paths[0]} nor ${pair.paths[1]} holds a valid record: this node may have ` +
        `voted and cannot know, so it does not vote`,
    ];
  if (winner === undefined) return [];
  return pair.files.flatMap((file, i) => {
    if (file.kind === "damaged")
      return [`${pair.paths[i]} was damaged at byte ${file.byte} (${file.reason}); healed`];
    return file.kind === "absent" ? [`${pair.paths[i]} was absent; written again`] : [];
  });
}
