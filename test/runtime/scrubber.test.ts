import { describe, expect, it } from "vitest";
import { Scrubber } from "../../src/runtime/scrubber.ts";
import { Tracer } from "../../src/runtime/tracer.ts";
import type { SegmentStatus } from "../../src/storage/types.ts";
import { turns } from "../support/until.ts";

/** A scrubber whose timer goes off when a test says so, over parts that remember being asked. */
function bench(compactedSegments: number) {
  const looked: string[] = [];
  let due: (() => void) | undefined;
  const clock = { nowMs: () => 0, wallMs: () => 0 };
  const part = (name: string) => () => {
    looked.push(name);
    return Promise.resolve({ bytes: 10, roundEnded: true });
  };
  const segments = () => Array<SegmentStatus>(compactedSegments);
  const scrubber = new Scrubber({
    log: { scrub: part("log"), faulty: [] },
    compacted: { scrub: part("compacted"), segments },
    scheduler: {
      after: (_ms, run) => {
        due = run;
        return () => (due = undefined);
      },
      defer: (run) => run(),
    },
    tracer: new Tracer("n1", clock, () => undefined, true),
    bytesPerSecond: 1 << 20,
    fail: (thrown) => {
      throw thrown;
    },
  });
  const bites = async (count: number) => {
    for (let i = 0; i < count; i++) {
      due?.();
      await turns(2);
    }
  };
  scrubber.start();
  return { looked, bites };
}

describe("the scrubber", () => {
  it("looks at the log, then at its compacted prefix, and begins again", async () => {
    const { looked, bites } = bench(1);
    await bites(4);
    expect(looked).toEqual(["log", "compacted", "log", "compacted"]);
  });

  it("leaves out a compacted prefix that is not there", async () => {
    const { looked, bites } = bench(0);
    await bites(2);
    expect(looked).toEqual(["log", "log"]);
  });
});
