import type { LogTerms } from "../../raft/types.ts";

interface Run {
  readonly term: number;
  readonly first: number;
}

/** Term of an entry that the trace has not told of. */
export const UNTOLD = -1;

/** The terms of one node's log as its trace tells them: appended, truncated, found at boot. */
export class NodeLog {
  readonly #runs: Run[] = [];
  #next = 1;

  get lastIndex(): number {
    return this.#next - 1;
  }

  get lastTerm(): number | undefined {
    return this.#runs.at(-1)?.term;
  }

  /** What a boot found on the disk. */
  opened({ prev, runs }: LogTerms): void {
    this.#runs.length = 0;
    this.#next = prev.index;
    if (prev.index > 0) this.append(prev.index, prev.index, prev.term);
    else this.#next = 1;
    for (const { term, count } of runs) this.append(this.#next, this.#next + count - 1, term);
  }

  /** What lies at `first` and beyond is replaced; what is missing before it is untold. */
  append(first: number, last: number, term: number): void {
    this.cut(first);
    if (this.#next < first) this.#add(UNTOLD, first);
    this.#add(term, last + 1);
  }

  cut(from: number): void {
    this.#next = Math.min(this.#next, from);
    while ((this.#runs.at(-1)?.first ?? -1) >= this.#next) this.#runs.pop();
  }

  /** Absent where the log holds nothing, or nothing was told. */
  termAt(index: number): number | undefined {
    const run = this.#runs[this.#runAt(index)];
    return run === undefined || index >= this.#next || run.term === UNTOLD ? undefined : run.term;
  }

  /** The runs of entries from `from` to `to`, both included. */
  *runs(from: number, to: number): Iterable<{ term: number; first: number; last: number }> {
    for (let at = Math.max(0, this.#runAt(from)); at < this.#runs.length; at++) {
      const run = this.#runs[at];
      if (run === undefined || run.first > to) return;
      const last = Math.min(to, (this.#runs[at + 1]?.first ?? this.#next) - 1);
      const first = Math.max(from, run.first);
      if (first <= last) yield { term: run.term, first, last };
    }
  }

  copy(): NodeLog {
    const twin = new NodeLog();
    twin.#runs.push(...this.#runs);
    twin.#next = this.#next;
    return twin;
  }

  #add(term: number, next: number): void {
    if (next <= this.#next) return;
    if (this.#runs.at(-1)?.term !== term) this.#runs.push({ term, first: this.#next });
    this.#next = next;
  }

  /** The last run that begins at or before `index`; -1 when there is none. */
  #runAt(index: number): number {
    let low = -1;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#runs[middle]?.first ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
