import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import { LogView } from "../../src/raft/log-view.ts";

const at = LogIndex;
const one = Term(1);

function logOf(terms: readonly number[], prev = { index: 0, term: 0 }): LogView {
  const runs = terms.map((term) => ({ term: Term(term), count: 1 }));
  return new LogView({ prev: { index: at(prev.index), term: Term(prev.term) }, runs });
}

/** The same log as a plain list of terms: slow, and obviously right. */
class NaiveLog {
  readonly terms: number[] = [];
  durable = 0;
  /** Index of the last entry that went from the front: its term is known, and no earlier one's. */
  prev = 0;

  append(term: number, count: number): void {
    for (let n = 0; n < count; n++) this.terms.push(term);
  }

  truncate(from: number): void {
    this.terms.length = from - 1;
    this.durable = Math.min(this.durable, this.terms.length);
  }

  truncatePrefix(index: number): void {
    this.prev = index;
    this.durable = Math.max(this.durable, index);
  }

  reset(index: number, term: number): void {
    this.terms.splice(0, this.terms.length, ...Array.from({ length: index }, () => term));
    this.prev = index;
    this.durable = index;
  }

  persisted(index: number, term: number): void {
    if (index >= this.prev && this.terms[index - 1] === term)
      this.durable = Math.max(this.durable, index);
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

  it("knows the entry before it as the last of its term", () => {
    const log = logOf([7, 7], { index: 4, term: 6 });
    expect(log.lastOfTerm(Term(6), at(5))).toBe(4);
    expect(log.lastOfTerm(Term(6), at(3))).toBeUndefined();
    expect(log.lastOfTerm(Term(5), at(5))).toBeUndefined();
  });

  it("keeps no run of a term in front of what it holds", () => {
    const log = logOf([1, 1, 1, 2, 2]);
    log.truncatePrefix({ index: at(2), term: one });
    expect(log.firstOfTermAt(at(3))).toBe(3);
    log.truncatePrefix({ index: at(5), term: Term(2) });
    expect(log).toMatchObject({ firstIndex: 6, lastIndex: 5, lastTerm: 2, durableIndex: 5 });
  });

  it("begins at an entry of its own, and never earlier than it did", () => {
    const log = logOf([1, 2], { index: 2, term: 1 });
    expect(() => log.truncatePrefix({ index: at(1), term: one })).toThrow("never goes back");
    expect(() => log.truncatePrefix({ index: at(4), term: one })).toThrow("an entry of its own");
    expect(() => log.truncatePrefix({ index: at(5), term: Term(2) })).toThrow("of its own");
  });

  it("takes nothing for whole until it is told, when its lowest damage went in front", () => {
    const log = logOf([1, 1, 1, 1]);
    log.damaged(at(2));
    log.truncatePrefix({ index: at(3), term: one });
    expect(log).toMatchObject({ firstFaulty: 4, durableIndex: 3 });
    log.damaged(undefined);
    expect(log).toMatchObject({ firstFaulty: undefined, durableIndex: 4 });
  });

  it("is whole when all of it went, and when a snapshot took its place", () => {
    const log = logOf([1, 1]);
    log.damaged(at(2));
    log.truncatePrefix({ index: at(2), term: one });
    expect(log.firstFaulty).toBeUndefined();
    log.reset({ index: at(7), term: Term(3) });
    log.damaged(at(2));
    expect(log).toMatchObject({ firstFaulty: undefined, durableIndex: 7, lastTerm: 3 });
  });

  it("agrees with a plain list of terms, whatever is done to both", () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.nat(20), fc.nat(20));
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const log = logOf([]);
      const naive = new NaiveLog();
      for (const [kind, a, b] of steps) {
        const { prev } = naive;
        const length = naive.terms.length;
        const held = length - prev;
        if (kind < 2) {
          const term = (naive.terms.at(-1) ?? 0) + (a % 3);
          log.append({ term: Term(term), count: 1 + b });
          naive.append(term, 1 + b);
        } else if (kind === 2 && held > 0) {
          const from = prev + 1 + (a % held);
          log.truncateSuffix(at(from));
          naive.truncate(from);
        } else if (kind === 3) {
          const index = prev + (a % (held + 1));
          log.truncatePrefix({ index: at(index), term: Term(naive.terms[index - 1] ?? 0) });
          naive.truncatePrefix(index);
        } else if (kind === 4 && b === 0 && length + a > 0) {
          const term = (naive.terms.at(-1) ?? 0) + 1;
          log.reset({ index: at(length + a), term: Term(term) });
          naive.reset(length + a, term);
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

function agree(log: LogView, { terms, durable, prev }: NaiveLog): void {
  const { [prev - 1]: prevTerm = 0 } = terms;
  expect(log.prev).toEqual({ index: prev, term: prevTerm });
  expect(log.lastIndex).toBe(terms.length);
  expect(log.lastTerm).toBe(terms.at(-1) ?? 0);
  expect(log.durableIndex).toBe(durable);
  expect(log.termAt(at(prev))).toBe(prevTerm);
  expect(prev === 0 || log.termAt(at(prev - 1)) === undefined).toBe(true);
  for (const [position, term] of terms.entries()) {
    const index = at(position + 1);
    if (index <= prev) continue;
    expect(log.termAt(index)).toBe(term);
    expect(log.firstOfTermAt(index)).toBe(Math.max(terms.indexOf(term), prev) + 1);
    expect(log.endOfRunAt(index)).toBe(terms.lastIndexOf(term) + 1);
    expect(log.lastOfTerm(Term(term), index)).toBe(position + 1);
  }
}
