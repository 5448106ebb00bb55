import { describe, expect, it } from "vitest";
import { LogIndex, Offset } from "../../../src/common/brand.ts";
import { LogError } from "../../../src/common/errors.ts";
import { Upkeep, type UpkeepParts } from "../../../src/runtime/lifecycle/upkeep.ts";
import { LogState } from "../../../src/statemachine/log-state.ts";
import { turns } from "../../support/until.ts";
import { segmentsOf, settingsOf } from "./segments.ts";

/** Checkpoints as the store keeps them: whoever wants to write waits for its turn. */
class TurnsOfCheckpoints {
  readonly indexes: number[];
  /** Something else that was asked for earlier, and has its turn first. */
  before = (): void => undefined;

  constructor(indexes: readonly number[]) {
    this.indexes = [...indexes];
  }

  list() {
    return this.indexes.map((index) => ({
      ...{ file: `${index}`, index: LogIndex(index), bytes: 1, damage: undefined },
    }));
  }

  async prune(keeps: (index: LogIndex) => boolean): Promise<void> {
    await Promise.resolve();
    this.before();
    const kept = this.indexes.filter((index) => keeps(LogIndex(index)));
    this.indexes.splice(0, this.indexes.length, ...kept);
  }
}

function upkeepOf(store: TurnsOfCheckpoints): Upkeep {
  const parts = {
    log: { segments: () => [], start: { last: { index: LogIndex(3) } } },
    state: new LogState(),
    store,
    compacted: {
      segments: () => [],
      upTo: { index: LogIndex(0), nextOffset: Offset(0) },
    },
    pins: { allowed: (upTo: LogIndex) => upTo },
    fail: (thrown: unknown) => {
      throw thrown;
    },
  };
  return new Upkeep(parts as unknown as UpkeepParts);
}

describe("the upkeep of checkpoints", () => {
  it("keeps the one that the log begins at and the two newest", async () => {
    const store = new TurnsOfCheckpoints([3, 6, 9, 12, 15]);
    const upkeep = upkeepOf(store);
    upkeep.wake();
    await upkeep.stop();
    expect(store.indexes).toEqual([3, 12, 15]);
  });

  // Found by reading: the checkpoint of a snapshot that is about to be installed was being saved
  // while this was decided, and was removed as soon as it was there. The log then began at it.
  it("keeps one that is being saved while it decides", async () => {
    const store = new TurnsOfCheckpoints([3, 6, 9, 12]);
    store.before = () => void store.indexes.push(40);
    const upkeep = upkeepOf(store);
    upkeep.wake();
    await upkeep.stop();
    expect(store.indexes).toEqual([3, 9, 12, 40]);
  });
});

/** A log of 60 sealed segments that is trimmed while compactions take for ever. */
function trimmedWhileCompacting() {
  const segments = [...segmentsOf(61)];
  const [first, last] = [segments[0], segments.at(-2)];
  if (first === undefined || last === undefined) throw new Error("there are segments");
  const state = {
    settings: settingsOf({ cleanupPolicy: "compact,delete", segmentBytes: first.bytes }),
    logStartOffset: Offset(0),
    snapshot: { index: last.lastIndex, timestamp: 1 },
    appliedIndex: last.lastIndex,
  };
  const start = { last: { index: LogIndex(0), term: 1 } };
  const runs: { aborted: boolean }[] = [];
  const compact = (_order: unknown, _segments: unknown, { signal }: { signal: AbortSignal }) =>
    new Promise((_resolve, reject) => {
      const run = { aborted: false };
      runs.push(run);
      signal.addEventListener("abort", () => {
        run.aborted = true;
        reject(new LogError("ABORTED", "given up"));
      });
    });
  const parts = {
    log: {
      segments: () => segments,
      start,
      faulty: [],
      terms: () => ({ prev: start.last, runs: [{ term: 1, count: 100_000 }] }),
      truncatePrefix: (to: LogIndex) => {
        const gone = segments.splice(
          0,
          segments.findIndex(({ lastIndex }) => lastIndex > to),
        );
        start.last.index = to;
        return Promise.resolve(gone);
      },
    },
    state,
    store: { list: () => [], prune: () => Promise.resolve() },
    checkpointer: { save: () => Promise.resolve() },
    imageAt: () => Promise.resolve({}),
    compacted: {
      segments: () => [],
      upTo: { index: LogIndex(0), nextOffset: Offset(0) },
      damage: [],
      counters: { bytesWritten: 0, recordsDropped: 0 },
      compact,
    },
    pins: { allowed: (upTo: LogIndex) => upTo },
    loop: { post: () => undefined },
    tracer: { tell: () => undefined },
    fail: (thrown: unknown) => {
      throw thrown;
    },
  };
  const upkeep = new Upkeep(parts as unknown as UpkeepParts);
  const trim = async (count: number) => {
    state.logStartOffset = segments[count - 1]?.nextOffset ?? Offset(0);
    upkeep.wake();
    await turns(20);
  };
  return { upkeep, trim, runs, segments };
}

describe("a compaction that segments wait for", () => {
  // Found by reading: where trims were faster than a run, every run was given up for eight
  // segments, and none ever ended.
  it("is given up for them, but the next one has twice as long", async () => {
    const { upkeep, trim, runs, segments } = trimmedWhileCompacting();
    upkeep.wake();
    await turns(20);
    expect(runs).toHaveLength(1);
    await trim(9);
    expect(runs.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(segments).toHaveLength(52);
    await trim(16);
    expect(runs.map(({ aborted }) => aborted)).toEqual([true, false]);
    await trim(17);
    expect(runs.map(({ aborted }) => aborted)).toEqual([true, true, false]);
    expect(segments).toHaveLength(35);
    await upkeep.stop();
  });
});
