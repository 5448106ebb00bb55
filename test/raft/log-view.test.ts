import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import { LogView } from "../../src/raft/log-view.ts";

const at = LogIndex;

function logOf(terms: readonly number[], prev = { index: 0, term: 0 }): LogView {
  const runs = terms.map((term) => ({ term: Term(term), count: 1 }));
  return new LogView({ prev: { index: at(prev.index), term: Term(prev.term) }, runs });
}

/** The same log as a plain list of terms: slow, and obviously right. */
class NaiveLog {
  readonly terms: number[] = [];
  durable = 0;

  append(term: number, count: number): void {
    for (let n = 0; n < count; n++) this.terms.push(term);
  }

  truncate(from: number): void {
    this.terms.length = from - 1;
    this.durable = Math.min(this.durable, this.terms.length);
  }

  persisted(index: number, term: number): void {
    if (this.terms[index - 1] === term) this.durable = Math.max(this.durable, index);
  }
}

describe("a log view", () => {
  it("is what was found on disk, all of it durable", () => {
    const log = logOf([1, 1, 2]);
    expect(log).toMatchObject({ firstIndex: 1, lastIndex: 3, lastTerm: 2, durableIndex: 3 });
  });

  it("knows the term of the entry before a truncated prefix, and of none before that", () => {
    const log = logOf([7], { index: 4, term: 6 });
    expect([3, 4, 5, 6].map((index) => log.termAt(at(index)))).toEqual([
      undefined,
      6,
      7,
      undefined,
    ]);
  });

  it("ends in the truncated prefix's term when it is empty", () => {
    expect(logOf([], { index: 4, term: 6 })).toMatchObject({ lastIndex: 4, lastTerm: 6 });
  });

  it("takes no report of a write that has been cut off meanwhile", () => {
    const log = logOf([1]);
    log.append({ term: Term(2), count: 1 });
    log.truncateSuffix(at(2));
    log.append({ term: Term(3), count: 1 });
    expect(log.persisted({ index: at(2), term: Term(2) })).toBe(false);
    expect(log.durableIndex).toBe(1);
    expect(log.persisted({ index: at(2), term: Term(3) })).toBe(true);
    expect(log.durableIndex).toBe(2);
  });

  it("refuses a term that goes back, and to cut what it does not hold", () => {
    const log = logOf([3], { index: 2, term: 1 });
    expect(() => log.append({ term: Term(2), count: 1 })).toThrow("terms never decrease");
    expect(() => log.truncateSuffix(at(2))).toThrow("only held entries");
    expect(() => log.truncateSuffix(at(4))).toThrow("only held entries");
  });

  it("finds the last entry of a term", () => {
    const log = logOf([1, 1, 4, 4, 4, 6]);
    const lastOf = (term: number, atMost: number) => log.lastOfTerm(Term(term), at(atMost));
    expect(lastOf(4, 6)).toBe(5);
    expect(lastOf(4, 4)).toBe(4);
    expect(lastOf(4, 2)).toBeUndefined();
    expect(lastOf(5, 6)).toBeUndefined();
    expect(lastOf(6, 6)).toBe(6);
  });

  it("agrees with a plain list of terms, whatever is done to both", () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.nat(20), fc.nat(20));
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const log = logOf([]);
      const naive = new NaiveLog();
      for (const [kind, a, b] of steps) {
        const length = naive.terms.length;
        if (kind < 2) {
          const term = (naive.terms.at(-1) ?? 0) + (a % 3);
          log.append({ term: Term(term), count: 1 + b });
          naive.append(term, 1 + b);
        } else if (kind === 2 && length > 0) {
          const from = 1 + (a % length);
          log.truncateSuffix(at(from));
          naive.truncate(from);
        } else if (length > 0) {
          const index = 1 + (a % length);
          const term = Math.max(0, (naive.terms[index - 1] ?? 0) - (b % 2));
          log.persisted({ index: at(index), term: Term(term) });
          naive.persisted(index, term);
        }
      }
      agree(log, naive);
    });
    fc.assert(property, { numRuns: 200 });
  });
});

function agree(log: LogView, { terms, durable }: NaiveLog): void {
  expect(log.lastIndex).toBe(terms.length);
  expect(log.durableIndex).toBe(durable);
  for (const [position, term] of terms.entries()) {
    const index = at(position + 1);
    expect(log.termAt(index)).toBe(term);
    expect(log.firstOfTermAt(index)).toBe(terms.indexOf(term) + 1);
    expect(log.endOfRunAt(index)).toBe(terms.lastIndexOf(term) + 1);
    expect(log.lastOfTerm(Term(term), index)).toBe(position + 1);
  }
}
