import { describe, expect, it } from "vitest";
import { LogIndex, Offset, Term } from "../../src/common/brand.ts";
import { deferred } from "../../src/common/deferred.ts";
import { encodeFrame } from "../../src/common/frame.ts";
import { FrameBlock } from "../../src/common/frame-block.ts";
import { Applier } from "../../src/runtime/applier.ts";
import { encodeControl } from "../../src/statemachine/control.ts";
import { LogState } from "../../src/statemachine/log-state.ts";
import type { LogStore } from "../../src/storage/types.ts";

/** Entry `index` trims to `index`; segments hold three entries each. */
function trims(from: number, to: number): FrameBlock {
  const frames = Array.from({ length: to - from + 1 }, (_, at) => {
    const index = from + at;
    const stamp = {
      ...{ type: "control" as const, index: LogIndex(index), term: Term(1) },
      ...{ baseOffset: Offset(1000), timestamp: index, recordCount: 0, producer: undefined },
      segmentFirstIndex: LogIndex(index - ((index - 1) % 3)),
    };
    const control = { control: "trim" as const, logStartOffset: Offset(index) };
    return encodeFrame(stamp, encodeControl(control), 0);
  });
  return FrameBlock.of(frames);
}

function applierOf(offsetAfter: LogStore["offsetAfter"] = () => Offset(1000)) {
  const log = { faulty: [], offsetAfter, segments: () => [] } as unknown as LogStore;
  const captured: string[] = [];
  const state = new LogState();
  const fail = (thrown: unknown) => {
    throw thrown;
  };
  const applier = new Applier(
    log,
    state,
    () => undefined,
    fail,
    (index, image) => {
      captured.push(`${index}: ${image.logStartOffset}`);
    },
  );
  return { applier, state, captured };
}

describe("an applier", () => {
  it("captures the state at every seal it passes, as it was there", () => {
    const { applier, captured, state } = applierOf();
    applier.entering(trims(1, 8));
    applier.commit(LogIndex(5), Term(1));
    expect(captured).toEqual(["3: 3"]);
    applier.commit(LogIndex(8), Term(1));
    expect(captured).toEqual(["3: 3", "6: 6"]);
    expect(state.logStartOffset).toBe(8);
  });

  /** Found by the first world with checkpoints: one append at a time is applied before the next. */
  it("captures it when the segment is left after all of it was applied", () => {
    const { applier, captured } = applierOf();
    applier.entering(trims(1, 3));
    applier.commit(LogIndex(3), Term(1));
    expect(captured).toEqual([]);
    applier.entering(trims(4, 4));
    expect(captured).toEqual(["3: 3"]);
  });

  it("forgets a seal that a new leader takes back", () => {
    const { applier, captured } = applierOf();
    applier.entering(trims(1, 5));
    applier.truncated(LogIndex(4));
    applier.commit(LogIndex(3), Term(1));
    expect(captured).toEqual([]);
  });

  it("forgets what waited, and what it asked, when a snapshot comes instead", async () => {
    const { promise, resolve } = deferred<Offset>();
    const { applier, state, captured } = applierOf(() => promise);
    applier.entering(trims(1, 5));
    applier.commit(LogIndex(5), Term(1));
    const image = { ...state.image(), logStartOffset: Offset(40) };
    state.install(image, { index: LogIndex(50), nextOffset: Offset(2000) });
    applier.reset();
    resolve(Offset(1000));
    await promise;
    expect(state).toMatchObject({ appliedIndex: 50, highWatermark: 2000, logStartOffset: 40 });
    expect(captured).toEqual([]);
  });
});
