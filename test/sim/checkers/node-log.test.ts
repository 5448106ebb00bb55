import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTermRuns } from "../../../src/runtime/term-runs-text.ts";
import { NodeLog, UNTOLD } from "../../../src/sim/checkers/node-log.ts";

function terms(log: NodeLog): (number | undefined)[] {
  return Array.from({ length: log.lastIndex }, (_, i) => log.termAt(i + 1));
}

describe("a node's log as its trace tells it", () => {
  it("is what was appended, less what was cut", () => {
    const log = new NodeLog();
    log.append(1, 3, 1);
    log.append(4, 5, 2);
    log.cut(3);
    log.append(3, 3, 4);
    expect(terms(log)).toEqual([1, 1, 4]);
  });

  it("is what a boot found, from where its snapshot ends", () => {
    const log = new NodeLog();
    log.append(1, 9, 1);
    log.opened(parseTermRuns("4@2 2x1 5x2"));
    expect([...log.runs(1, 9)]).toEqual([
      { term: 2, first: 4, last: 5 },
      { term: 5, first: 6, last: 7 },
    ]);
    expect(log.termAt(3)).toBeUndefined();
    expect(log.lastTerm).toBe(5);
  });

  it("knows what it was not told", () => {
    const log = new NodeLog();
    log.append(3, 3, 1);
    expect([...log.runs(1, 3)]).toEqual([
      { term: UNTOLD, first: 1, last: 2 },
      { term: 1, first: 3, last: 3 },
    ]);
    expect(log.termAt(2)).toBeUndefined();
  });

  it("equals a plain list of terms, whatever is done to it", () => {
    const step = fc.record({
      cut: fc.boolean(),
      at: fc.integer({ min: 1, max: 12 }),
      count: fc.integer({ min: 1, max: 4 }),
      term: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const log = new NodeLog();
        let plain: number[] = [];
        for (const { cut, at, count, term } of steps) {
          const from = Math.min(at, plain.length + 1);
          plain = plain.slice(0, from - 1);
          if (cut) log.cut(from);
          else {
            log.append(from, from + count - 1, term);
            plain.push(...Array.from({ length: count }, () => term));
          }
        }
        expect(terms(log)).toEqual(plain);
        expect(terms(log.copy())).toEqual(plain);
        const listed = [...log.runs(1, plain.length)].flatMap(({ term, first, last }) =>
          Array.from({ length: last - first + 1 }, () => term),
        );
        expect(listed).toEqual(plain);
      }),
    );
  });
});
