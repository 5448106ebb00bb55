import { LogIndex, Term } from "../../../src/common/brand.ts";
import type { EntryId, HardState, LogTerms, RaftEvent, TermRun } from "../../../src/raft/index.ts";

export interface Entry {
  readonly term: Term;
  readonly value: string;
}

type LogWrite =
  | { readonly type: "truncate"; readonly from: LogIndex }
  | { readonly type: "append"; readonly entries: readonly Entry[]; readonly last: EntryId }
  | {
      readonly type: "install";
      readonly entries: readonly Entry[];
      readonly last: EntryId;
      readonly keepSuffix: boolean;
    };

/** What a sync answers. */
type LogSynced = Extract<RaftEvent, { type: "entriesPersisted" | "snapshotInstalled" }>;

const NOTHING: EntryId = { index: LogIndex(0), term: Term(0) };

export function runsOf(entries: readonly Entry[]): readonly TermRun[] {
  const runs: TermRun[] = [];
  for (const { term } of entries) {
    const last = runs.at(-1);
    if (last?.term === term) runs[runs.length - 1] = { term, count: last.count + 1 };
    else runs.push({ term, count: 1 });
  }
  return runs;
}

/** A disk that forgets at a crash what was not synced; log and hard state are separate files. */
export class TestDisk {
  /**
   * The log as its node sees it; `synced` is what would be left after a crash. Both go on telling
   * what was in the prefix that is gone, for whoever judges: its node knows `prev` alone.
   */
  entries: Entry[];
  synced: Entry[];
  hardState: HardState;
  prev = NOTHING;
  /** Last entry of the newest checkpoint. */
  checkpoint = LogIndex(0);
  /** Entries whose bytes are damaged: what they were is known, and only that. */
  /** It takes writes and answers none, until this ends. */
  hangs = false;
  readonly #faulty = new Set<Entry>();
  readonly #logWrites: LogWrite[] = [];
  readonly #hardStateWrites: HardState[] = [];

  constructor(entries: readonly Entry[] = [], term = 0, votedFor?: string) {
    this.entries = [...entries];
    this.synced = [...entries];
    this.hardState = { currentTerm: Term(term), votedFor };
  }

  get waitsForLog(): boolean {
    return this.#logWrites.length > 0;
  }

  get waitsForHardState(): boolean {
    return this.#hardStateWrites.length > 0;
  }

  /** Lowest damaged entry of the log as its node sees it. */
  get firstFaulty(): LogIndex | undefined {
    if (this.#faulty.size === 0) return undefined;
    const { prev } = this;
    const isFaulty = (entry: Entry, at: number) => at >= prev.index && this.#faulty.has(entry);
    const at = this.entries.findIndex(isFaulty);
    return at < 0 ? undefined : LogIndex(at + 1);
  }

  isFaulty(entry: Entry | undefined): boolean {
    return entry !== undefined && this.#faulty.has(entry);
  }

  rot(entry: Entry): void {
    this.#faulty.add(entry);
  }

  /** The very same bytes are written in place of the damaged ones, and synced. */
  repair(entry: Entry): void {
    this.#faulty.delete(entry);
  }

  terms(): LogTerms {
    return { prev: this.prev, runs: runsOf(this.synced.slice(this.prev.index)) };
  }

  idAt(index: number): EntryId {
    const entry = this.entries[index - 1];
    return entry === undefined ? NOTHING : { index: LogIndex(index), term: entry.term };
  }

  /** The log begins after the entry at `index` by now, which a checkpoint covers. */
  truncatePrefix(index: number): EntryId {
    this.prev = this.idAt(index);
    this.checkpoint = LogIndex(Math.max(this.checkpoint, index));
    return this.prev;
  }

  /** A snapshot takes the place of the log, or of its prefix, after all that was written before. */
  install(
    entries: readonly Entry[],
    { last, keepSuffix }: { readonly last: EntryId; readonly keepSuffix: boolean },
  ): void {
    this.#logWrites.push({ type: "install", entries, last, keepSuffix });
  }

  truncateSuffix(from: LogIndex): void {
    this.entries.length = from - 1;
    this.#logWrites.push({ type: "truncate", from });
  }

  append(first: LogIndex, entries: readonly Entry[], last: EntryId): void {
    if (first !== this.entries.length + 1) throw new Error(`append at ${first} leaves a gap`);
    this.entries.push(...entries);
    this.#logWrites.push({ type: "append", entries, last });
  }

  persistHardState(hardState: HardState): void {
    this.#hardStateWrites.push(hardState);
  }

  /** Syncs the oldest write of the log, and cuts before it. @returns what is durable by now. */
  syncLog(): LogSynced | undefined {
    for (;;) {
      const write = this.hangs ? undefined : this.#logWrites.shift();
      if (write === undefined) return undefined;
      if (write.type === "append") {
        this.synced.push(...write.entries);
        return { type: "entriesPersisted", last: write.last };
      }
      if (write.type === "install") return this.#installed(write);
      this.synced.length = write.from - 1;
    }
  }

  #installed({ entries, last, keepSuffix }: Extract<LogWrite, { type: "install" }>): LogSynced {
    const kept = keepSuffix ? this.synced.slice(last.index) : [];
    this.synced = [...entries.map((entry) => ({ ...entry })), ...kept];
    this.entries = [...this.synced];
    if (last.index > this.prev.index) this.prev = last;
    this.checkpoint = LogIndex(Math.max(this.checkpoint, last.index));
    return { type: "snapshotInstalled", last };
  }

  #checkpointOf(index: LogIndex): LogIndex {
    const held = index <= this.synced.length;
    return held ? LogIndex(Math.max(this.checkpoint, index)) : this.checkpoint;
  }

  syncHardState(): HardState | undefined {
    const written = this.hangs ? undefined : this.#hardStateWrites.shift();
    if (written !== undefined) this.hardState = written;
    return written;
  }

  /** A checkpoint that had come may be there already, and its prefix of the log as it was. */
  crash(): void {
    for (const write of this.#logWrites)
      if (write.type === "install" && write.keepSuffix && write.last.index % 2 === 0)
        this.checkpoint = this.#checkpointOf(write.last.index);
    this.#logWrites.length = 0;
    this.#hardStateWrites.length = 0;
    this.entries = [...this.synced];
  }

  /** It comes back with less than it once had synced: an old backup, or it had lied. */
  forget(lastIndex: number): void {
    this.synced.length = Math.max(lastIndex, this.prev.index);
    this.checkpoint = LogIndex(Math.min(this.checkpoint, this.synced.length));
    this.crash();
  }

  wipe(): void {
    this.#faulty.clear();
    this.synced = [];
    this.prev = NOTHING;
    this.checkpoint = LogIndex(0);
    this.hardState = { currentTerm: Term(0), votedFor: undefined };
    this.crash();
  }
}
