import { describe, expect, it } from "vitest";
import { LogIndex, Offset } from "../../../src/common/brand.ts";
import { Upkeep, type UpkeepParts } from "../../../src/runtime/lifecycle/upkeep.ts";
import { LogState } from "../../../src/statemachine/log-state.ts";

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
