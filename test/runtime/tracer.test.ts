import { describe, expect, it } from "vitest";
import { Tracer } from "../../src/runtime/tracer.ts";

function tracer(): Tracer {
  const clock = { nowMs: () => 1, wallMs: () => 2 };
  return new Tracer("n1", clock, () => {}, false);
}

describe("the flight recorder", () => {
  // Place 0 of the ring is a hole at first: sorted, it came out as `undefined`, and the call that
  // asks a young node for its trace failed.
  it("holds what was told and nothing else while it is not full", () => {
    const young = tracer();
    expect(young.recorded()).toEqual([]);
    young.tell("node.started");
    young.tell("node.ready");
    expect(young.recorded().map(({ seq, event }) => [seq, event])).toEqual([
      [1, "node.started"],
      [2, "node.ready"],
    ]);
  });

  it("holds the latest 4096 events, oldest first, once it has gone round", () => {
    const old = tracer();
    for (let told = 0; told < 5000; told++) old.tell("node.ready");
    const seqs = old.recorded().map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: 4096 }, (_, at) => 905 + at));
  });
});
