import { assert } from "../../common/assert.ts";
import type { LogIndex, Term } from "../../common/brand.ts";
import type { EntryId, LogTerms, TermRun } from "../../raft/types.ts";

/** The term of every entry, as runs: a few numbers an election, however long the log. */
export class TermRuns {
  #prev: EntryId;
  readonly #runs: { readonly term: Term; readonly first: number }[] = [];
  #next: number;

  /** `prev`: the entry before the first one. */
  constructor(prev: EntryId) {
    this.#prev = prev;
    this.#next = prev.index + 1;
  }

  append(term: Term, count: number): void {
    if (this.#runs.at(-1)?.term !== term) this.#runs.push({ term, first: this.#next });
    this.#next += count;
  }

  /** Forgets the entries from `from` on. */
  cut(from: LogIndex): void {
    this.#next = Math.min(this.#next, from);
    while ((this.#runs.at(-1)?.first ?? 0) >= this.#next) this.#runs.pop();
  }

  /** Forgets the entries up to `prev`, which comes before the first one now. */
  dropThrough(prev: EntryId): void {
    assert(prev.index < this.#next, "a log keeps what comes after the entries that go");
    this.#prev = prev;
    let first = this.#runs[0];
    for (let second = this.#runs[1]; first !== undefined; second = this.#runs[1]) {
      if ((second?.first ?? this.#next) > prev.index + 1) break;
      this.#runs.shift();
      first = second;
    }
    if (first !== undefined)
      this.#runs[0] = { ...first, first: Math.max(first.first, prev.index + 1) };
  }

  /** Forgets everything: the next entry comes after `prev`. */
  restart(prev: EntryId): void {
    this.#prev = prev;
    this.#next = prev.index + 1;
    this.#runs.length = 0;
  }

  termAt(index: LogIndex): Term {
    if (index === this.#prev.index) return this.#prev.term;
    assert(
      index > this.#prev.index && index < this.#next,
      "a term is asked of an entry that exists",
    );
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#runs[middle]?.first ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    const run = this.#runs[low];
    assert(run !== undefined, "every entry lies in a run");
    return run.term;
  }

  /** Absent where there is no such entry, or none any more. */
  idAt(index: LogIndex): EntryId | undefined {
    if (index <= this.#prev.index || index >= this.#next) return undefined;
    return { index, term: this.termAt(index) };
  }

  /** The runs of first..last, as a footer lists them. */
  between(first: LogIndex, last: LogIndex): TermRun[] {
    const found: TermRun[] = [];
    for (const [at, run] of this.#runs.entries()) {
      const from = Math.max(first, run.first);
      const to = Math.min(last + 1, this.#runs[at + 1]?.first ?? this.#next);
      if (from < to) found.push({ term: run.term, count: to - from });
    }
    return found;
  }

  toLogTerms(): LogTerms {
    const first = (this.#prev.index + 1) as LogIndex;
    return { prev: this.#prev, runs: this.between(first, (this.#next - 1) as LogIndex) };
  }
}
