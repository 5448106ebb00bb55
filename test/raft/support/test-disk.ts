import { LogIndex, Term } from "../../../src/common/brand.ts";
import type { EntryId, HardState, LogTerms, TermRun } from "../../../src/raft/index.ts";

export interface Entry {
  readonly term: Term;
  readonly value: string;
}

type LogWrite =
  | { readonly type: "truncate"; readonly from: LogIndex }
  | { readonly type: "append"; readonly entries: readonly Entry[]; readonly last: EntryId };

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
  /** The log as its node sees it; `synced` is what would be left after a crash. */
  entries: Entry[];
  synced: Entry[];
  hardState: HardState;
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
    const at = this.entries.findIndex((entry) => this.#faulty.has(entry));
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
    return { prev: { index: LogIndex(0), term: Term(0) }, runs: runsOf(this.synced) };
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
  syncLog(): EntryId | undefined {
    for (;;) {
      const write = this.hangs ? undefined : this.#logWrites.shift();
      if (write === undefined) return undefined;
      if (write.type === "append") {
        this.synced.push(...write.entries);
        return write.last;
      }
      this.synced.length = write.from - 1;
    }
  }

  syncHardState(): HardState | undefined {
    const written = this.hangs ? undefined : this.#hardStateWrites.shift();
    if (written !== undefined) this.hardState = written;
    return written;
  }

  crash(): void {
    this.#logWrites.length = 0;
    this.#hardStateWrites.length = 0;
    this.entries = [...this.synced];
  }

  /** It comes back with less than it once had synced: an old backup, or it had lied. */
  forget(lastIndex: number): void {
    this.synced.length = lastIndex;
    this.crash();
  }

  wipe(): void {
    this.#faulty.clear();
    this.synced = [];
    this.hardState = { currentTerm: Term(0), votedFor: undefined };
    this.crash();
  }
}
