import { describe, expect, it } from "vitest";
import {
  type AppendSeen,
  contradictions,
  type Copy,
  type History,
} from "../support/cluster-history.ts";
import { segmentDifferences } from "../support/cluster-segments.ts";

function acknowledged(value: string, offset: number): AppendSeen {
  const startedMs = 10 * offset;
  return { value, offset, outcome: "acknowledged", startedMs, endedMs: startedMs + 5 };
}

function copyOf(nodeId: string, ...values: readonly string[]): Copy {
  return { nodeId, records: values.map((value, offset) => ({ offset, value })) };
}

const appends = [acknowledged("a", 0), acknowledged("b", 1), acknowledged("c", 2)];
const honest: History = {
  appends,
  copies: [copyOf("n1", "a", "b", "c"), copyOf("n2", "a", "b", "c"), copyOf("n3", "a", "b", "c")],
};

/** The honest history with one node's copy tampered with. */
function withCopy(...values: readonly string[]): History {
  return { ...honest, copies: [...honest.copies.slice(0, 2), copyOf("n3", ...values)] };
}

describe("the proof of a history", () => {
  it("accepts what was kept", () => expect(contradictions(honest)).toEqual([]));

  it("accepts an append of unknown outcome, written or not", () => {
    const maybe = { value: "x", startedMs: 0, endedMs: 9, offset: undefined };
    const unknown: History = {
      appends: [...appends, { ...maybe, outcome: "unknown" }],
      copies: honest.copies.map((copy) => copyOf(copy.nodeId, "a", "b", "c", "x")),
    };
    expect(contradictions(unknown)).toEqual([]);
    expect(contradictions({ ...unknown, copies: honest.copies })).toEqual([]);
  });

  it("catches a lost acknowledged record", () => {
    expect(contradictions(withCopy("a", "b"))).toContain(
      "n3: c was acknowledged at 2, where nothing is",
    );
  });

  it("catches two records that changed places on one node", () => {
    expect(contradictions(withCopy("a", "c", "b"))).toContain("n1 and n3 differ at offset 1");
  });

  it("catches the same tampering on all nodes", () => {
    const copies = ["n1", "n2", "n3"].map((id) => copyOf(id, "b", "a", "c"));
    expect(contradictions({ appends, copies })).toContain(
      "n2: a was acknowledged at 0, where b is",
    );
  });

  it("catches a record that a retry wrote twice", () => {
    expect(contradictions(withCopy("a", "b", "c", "b"))).toContain(
      "n3: b is there twice, at 1 and 3",
    );
  });

  it("catches a record that nobody appended", () => {
    expect(contradictions(withCopy("a", "b", "c", "d"))).toContain("n3: d at 3 was never appended");
  });

  it("catches a record whose append was answered failed", () => {
    const refused = { value: "d", startedMs: 0, endedMs: 9, offset: undefined };
    const history = withCopy("a", "b", "c", "d");
    expect(
      contradictions({ ...history, appends: [...appends, { ...refused, outcome: "failed" }] }),
    ).toContain("n3: d at 3 had been answered failed");
  });

  it("catches a gap in the offsets", () => {
    const records = [
      { offset: 0, value: "a" },
      { offset: 2, value: "b" },
    ];
    expect(contradictions({ appends: [], copies: [{ nodeId: "n1", records }] })).toContain(
      "n1: record 1 has offset 2",
    );
  });

  it("catches an append that was put before one acknowledged before it began", () => {
    const late = { ...acknowledged("a", 0), startedMs: 100, endedMs: 110 };
    const history: History = { ...honest, appends: [late, ...appends.slice(1)] };
    expect(contradictions(history)).toEqual([
      "a got offset 0, but b had been acknowledged at 1 before it began",
    ]);
  });
});

describe("the comparison of sealed segments", () => {
  const sealed = new Map([["0.log", "aaaaaaaaaaaa"]]);

  it("accepts equal files", () => {
    expect(
      segmentDifferences(
        new Map([
          ["n1", sealed],
          ["n2", new Map(sealed)],
        ]),
      ),
    ).toEqual([]);
  });

  it("catches a byte that differs and a file that is absent", () => {
    const other = new Map([["0.log", "bbbbbbbbbbbb"]]);
    expect(
      segmentDifferences(
        new Map([
          ["n1", sealed],
          ["n2", other],
          ["n3", new Map<string, string>()],
        ]),
      ),
    ).toEqual(["0.log: n1 aaaaaaaa, n2 bbbbbbbb, n3 absent"]);
  });
});
