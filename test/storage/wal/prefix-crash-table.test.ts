import { beforeAll, describe, expect, it } from "vitest";
import type { SimDisk } from "../../../src/sim/disk/index.ts";
import { newDisk } from "./support/log-bench.ts";
import {
  diskAfter,
  FAR_AHEAD,
  type PrefixStory,
  startAfterSegment,
  survivesEveryCrash,
} from "./support/prefix-story.ts";
import { withoutSync } from "../../support/altered-file-system.ts";

const LIMITS = { maxTears: 4, grainBytes: 64, maxSubsetOf: 5 };
const FEW = { maxTears: 2, grainBytes: 256, maxSubsetOf: 3 };

/** Segments 1 to 4, 5 to 8, 9 to 12, each sealed and with a checkpoint, and 13 to 14. */
async function fourSegments(story: PrefixStory): Promise<void> {
  await story.append(1, 9);
  await story.append(3, 5);
  await story.seal(13);
  for (const index of [4, 8, 12]) await story.checkpoint(startAfterSegment(story.log, index));
}

let disk: SimDisk;

beforeAll(async () => {
  disk = await diskAfter(fourSegments, await newDisk());
});

describe("a crash at every boundary, whatever it leaves, during", () => {
  it("truncatePrefix_oneSegment", async () => {
    const act = (story: PrefixStory) => story.truncatePrefix(4);
    expect(await survivesEveryCrash(disk, act, { limits: LIMITS })).toBeGreaterThan(30);
  });

  it("truncatePrefix_whileEntriesAreAppendedAndSegmentsRoll", async () => {
    await survivesEveryCrash(
      disk,
      async (story) => {
        const going = story.truncatePrefix(8);
        expect(story.possible.length).toBe(2);
        await story.append(3, 6);
        await going;
      },
      { limits: FEW },
    );
  });

  it("truncatePrefix_toTheActiveSegmentAndPrune", async () => {
    await survivesEveryCrash(
      disk,
      async (story) => {
        await story.truncatePrefix(12);
        await story.prune((index) => index >= 12);
        await story.append(4, 2);
      },
      { limits: FEW },
    );
  });

  it("replacePrefix_ofSealedSegments", async () => {
    const act = async (story: PrefixStory) => {
      await story.replacePrefix(startAfterSegment(story.log, 8));
      await story.append(3, 6);
    };
    expect(await survivesEveryCrash(disk, act, { limits: FEW })).toBeGreaterThan(30);
  });

  it("replacePrefix_ofSegmentsThatWereNeverSealed", async () => {
    const unsealed = await diskAfter(
      async (story) => {
        await story.append(1, 14);
        await story.checkpoint(startAfterSegment(story.log, 8));
      },
      await newDisk(),
    );
    await survivesEveryCrash(
      unsealed,
      async (story) => {
        const start = startAfterSegment(story.log, 8);
        const written = story.append(1, 3);
        await story.replacePrefix(start);
        await written;
      },
      { limits: FEW },
    );
  });

  it("replacePrefix_ofAllThatTheLogHolds", async () => {
    const whole = await diskAfter(
      async (story) => {
        await story.append(1, 8);
        await story.checkpoint(startAfterSegment(story.log, 8));
      },
      await newDisk(),
    );
    const act = async (story: PrefixStory) => {
      await story.replacePrefix(startAfterSegment(story.log, 8));
      await story.append(3, 2);
    };
    await survivesEveryCrash(whole, act, { limits: FEW });
  });

  it("reset_ofALogThatHasEntries", async () => {
    const cells = await survivesEveryCrash(
      disk,
      async (story) => {
        await story.checkpoint(FAR_AHEAD);
        await story.reset(FAR_AHEAD);
        await story.append(8, 5);
      },
      { limits: FEW },
    );
    expect(cells).toBeGreaterThan(100);
  });

  it("reset_ofAnEmptyLog", async () => {
    await survivesEveryCrash(
      await newDisk(),
      async (story) => {
        await story.checkpoint(FAR_AHEAD);
        await story.reset(FAR_AHEAD);
        await story.append(8, 2);
      },
      { limits: LIMITS },
    );
  });
});

describe("a crash at every boundary of the recovery from a crash during", () => {
  it("truncatePrefix", async () => {
    const act = (story: PrefixStory) => story.truncatePrefix(8);
    await survivesEveryCrash(disk, act, { limits: FEW, again: true });
  });

  it("reset", async () => {
    const before = await diskAfter((story) => story.checkpoint(FAR_AHEAD), disk);
    const act = (story: PrefixStory) => story.reset(FAR_AHEAD);
    await survivesEveryCrash(before, act, { limits: FEW, again: true });
  });
});

describe("the crash table of the log's front", () => {
  it("catches segments that go before the manifest has let them go", async () => {
    const act = (story: PrefixStory) => story.truncatePrefix(8);
    await expect(
      survivesEveryCrash(disk, act, {
        limits: FEW,
        wrap: (disk) => withoutSync(/hard-state/, disk),
      }),
    ).rejects.toThrow(/stopped (before|after)/);
  });
});
