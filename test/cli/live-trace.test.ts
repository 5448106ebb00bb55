import { describe, expect, it } from "vitest";
import { mergeTraces } from "../../src/cli/live-trace.ts";

const told = (seq: number, timeUs: number) => {
  return { seq, timeUs, term: 1, event: "election.won", facts: '{"a":1}' };
};

describe("what several flight recorders hold", () => {
  it("is put in one order by the clocks' zeros", () => {
    const { originMs, events } = mergeTraces([
      { nodeId: "n1", clockZeroUs: 1_000_000, events: [told(1, 500), told(2, 2_500)] },
      { nodeId: "n2", clockZeroUs: 999_000, events: [told(1, 2_000), told(2, 9_000)] },
    ]);
    expect(originMs).toBe(1_000);
    expect(events.map(({ node, seq, time }) => [node, seq, time])).toEqual([
      ...[
        ["n1", 1, 0.5],
        ["n2", 1, 1],
      ],
      ...[
        ["n1", 2, 2.5],
        ["n2", 2, 8],
      ],
    ]);
    expect(events[0]).toMatchObject({ term: 1, event: "election.won", facts: { a: 1 } });
  });

  it("is nothing where nothing was told", () => {
    expect(mergeTraces([{ nodeId: "n1", clockZeroUs: 5, events: [] }]).events).toEqual([]);
  });
});
