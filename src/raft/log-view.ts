import { assert } from "../common/assert.ts";
import type { LogIndex, Term } from "../common/brand.ts";
import { larger, next, plus, previous, smaller } from "./log-index.ts";
import type { EntryId, LogTerms, TermRun } from "./types.ts";

/** Entries of one term, from `first` up to the next run (or the log's end). */
interface Run {
  readonly term: Term;
  readonly first: LogIndex;
}

/**
 * The log as consensus needs it: which term each index has, how far it reaches, how much of it is
 * durable. One run per term, so its size does not grow with the number of entries.
 */
export class LogView {
  #prev: EntryId;
  #runs: Run[] = [];
  #lastIndex: LogIndex;
  #syncedIndex: LogIndex;
  #firstFaulty: LogIndex | undefined;

  /** All of `log` is synced: it was read from disk. */
  constructor(log: LogTerms, firstFaulty?: LogIndex) {
    this.#prev = log.prev;
    this.#lastIndex = log.prev.index;
    for (const run of log.runs) this.append(run);
    this.#syncedIndex = this.#lastIndex;
    this.damaged(firstFaulty);
  }

  /** The entry before the first one held: (0, 0) until the prefix goes. */
  get prev(): EntryId {
    return this.#prev;
  }

  get firstIndex(): LogIndex {
    return next(this.prev.index);
  }

  get lastIndex(): LogIndex {
    return this.#lastIndex;
  }

  get lastTerm(): Term {
    return this.#runs.at(-1)?.term ?? this.prev.term;
  }

  get last(): EntryId {
    return { index: this.#lastIndex, term: this.lastTerm };
  }

  /** Last entry known to be synced, whole or not; never beyond the last entry. */
  get syncedIndex(): LogIndex {
    return this.#syncedIndex;
  }

  /** Lowest entry whose bytes are damaged. Its term is known, and it is not on disk. */
  get firstFaulty(): LogIndex | undefined {
    return this.#firstFaulty;
  }

  /** Last entry before any damage; what may be sent, applied and served ends here. */
  get wholeIndex(): LogIndex {
    return this.#firstFaulty === undefined ? this.#lastIndex : previous(this.#firstFaulty);
  }

  /** All that counts as on disk: synced, and before any damage. */
  get durableIndex(): LogIndex {
    return smaller(this.#syncedIndex, this.wholeIndex);
  }

  /** Absent beyond the last entry and before `prev`. */
  termAt(index: LogIndex): Term | undefined {
    if (index > this.#lastIndex || index < this.prev.index) return undefined;
    if (index === this.prev.index) return this.prev.term;
    return this.#runs[this.#runAt(index)]?.term;
  }

  /** First held entry that has the same term as the one at `index`. */
  firstOfTermAt(index: LogIndex): LogIndex {
    const run = this.#runs[this.#runAt(index)];
    assert(run !== undefined, "the term of an entry that is not held was asked for");
    return run.first;
  }

  /** Last index of the run that covers `index`. */
  endOfRunAt(index: LogIndex): LogIndex {
    const following = this.#runs[this.#runAt(index) + 1];
    return following === undefined ? this.#lastIndex : previous(following.first);
  }

  /** Last entry of `term` at or before `atMost`, among those held and `prev`. */
  lastOfTerm(term: Term, atMost: LogIndex): LogIndex | undefined {
    const at = this.#runs.findLastIndex((run) => run.term <= term);
    const run = this.#runs[at];
    if (run !== undefined && run.term === term && run.first <= atMost)
      return smaller(this.endOfRunAt(run.first), atMost);
    const { prev } = this;
    return prev.term === term && prev.index <= atMost ? prev.index : undefined;
  }

  append({ term, count }: TermRun): void {
    assert(count > 0, "a run of terms has at least one entry");
    assert(term >= this.lastTerm, "terms never decrease along the log");
    if (this.#runs.at(-1)?.term !== term) this.#runs.push({ term, first: next(this.#lastIndex) });
    this.#lastIndex = plus(this.#lastIndex, count);
  }

  truncateSuffix(from: LogIndex): void {
    assert(from > this.prev.index && from <= this.#lastIndex, "only held entries can be cut off");
    while ((this.#runs.at(-1)?.first ?? 0) >= from) this.#runs.pop();
    this.#lastIndex = previous(from);
    this.#syncedIndex = smaller(this.#syncedIndex, this.#lastIndex);
    this.damaged(this.#firstFaulty);
  }

  /** The log begins after `last` from now on. */
  truncatePrefix(last: EntryId): void {
    assert(last.index >= this.prev.index, "a log's beginning never goes back");
    assert(this.termAt(last.index) === last.term, "a log is cut in front at an entry of its own");
    const kept = this.#runs.filter((run) => this.endOfRunAt(run.first) > last.index);
    this.#prev = last;
    this.#runs = kept.map(({ first, term }) => ({ first: larger(first, this.firstIndex), term }));
    this.#syncedIndex = larger(this.#syncedIndex, last.index);
    this.damaged(this.#firstFaulty);
  }

  /** A snapshot that ends with `last` took the place of everything. */
  reset(last: EntryId): void {
    this.#prev = last;
    this.#runs = [];
    this.#lastIndex = last.index;
    this.#syncedIndex = last.index;
    this.#firstFaulty = undefined;
  }

  /**
   * The lowest faulty entry is `first` now; one that is not held any more is none. Where the one
   * that was known went with the prefix, nothing is known of the rest until that is told.
   */
  damaged(first: LogIndex | undefined): void {
    const held = first === undefined ? undefined : larger(first, this.firstIndex);
    this.#firstFaulty = held !== undefined && held <= this.#lastIndex ? held : undefined;
  }

  /**
   * Entries up to `last` were synced. Ignored when that index has another term by now: what was
   * written was cut off meanwhile, and the entry now in its place is not on disk yet.
   * @returns whether more is synced than before.
   */
  persisted(last: EntryId): boolean {
    if (last.index <= this.#syncedIndex || this.termAt(last.index) !== last.term) return false;
    this.#syncedIndex = last.index;
    return true;
  }

  /** Whether a log ending with `other` is at least as up to date as this one (section 5.4.1). */
  isCoveredBy(other: EntryId): boolean {
    if (other.term !== this.lastTerm) return other.term > this.lastTerm;
    return other.index >= this.#lastIndex;
  }

  /** Position in `#runs` of the run that covers `index`; the newest run first, it is asked most. */
  #runAt(index: LogIndex): number {
    let high = this.#runs.length - 1;
    if ((this.#runs[high]?.first ?? 0) <= index) return high;
    let low = 0;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#runs[middle]?.first ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
