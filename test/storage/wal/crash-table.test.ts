import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { LogIndex } from "../../../src/common/brand.ts";
import type { Frame } from "../../../src/common/frame.ts";
import {
  crashOutcomes,
  everyBoundary,
  type OutcomeLimits,
  type SimDisk,
  type StoppedRun,
} from "../../../src/sim/disk/index.ts";
import type { FileSystem } from "../../../src/storage/index.ts";
import { CrashStory, expectRecovery } from "./support/crash-story.ts";
import { bytesOf, data, LARGE_SEGMENTS, newDisk, other } from "./support/log-bench.ts";
import { withoutSync } from "../../support/altered-file-system.ts";

interface Beginning {
  readonly disk: SimDisk;
  readonly frames: readonly Frame[];
}

type Act = (story: CrashStory) => Promise<void> | void;

/** A disk on which `act` was carried out and the node stopped cleanly. */
async function after(act: Act, from?: Beginning): Promise<Beginning> {
  const disk = from?.disk.fork() ?? (await newDisk());
  const story = new CrashStory(from?.frames);
  await story.open(disk.mount());
  await act(story);
  const frames = await story.close();
  disk.kill();
  return { disk, frames };
}

/** Stops `act` at every boundary, leaves everything that a crash may leave, recovers each. */
async function survivesEveryCrash(
  beginning: Beginning,
  act: Act,
  limits?: OutcomeLimits,
  wrap?: (fileSystem: FileSystem) => FileSystem,
): Promise<number> {
  const seen = new Set<string>();
  for await (const { label, disk, notes: story } of crashesDuring(beginning, act, wrap))
    for (const outcome of crashOutcomes(disk, limits)) {
      if (!isNew(seen, outcome.disk, story)) continue;
      await judged(`stopped ${label}; ${outcome.label}`, expectRecovery(outcome.disk, story));
    }
  return seen.size;
}

/** As above, and then stops each recovery at every boundary, too, and recovers once more. */
async function survivesCrashesOfRecovery(
  beginning: Beginning,
  act: Act,
  limits: OutcomeLimits,
): Promise<number> {
  const seen = new Set<string>();
  const reopen = (fileSystem: FileSystem): Promise<void> => new CrashStory().open(fileSystem);
  for await (const { label, disk, notes: story } of crashesDuring(beginning, act))
    for (const outcome of crashOutcomes(disk, limits)) {
      if (!isNew(seen, outcome.disk, story)) continue;
      const recoveries = everyBoundary(() => undefined, reopen, outcome.disk);
      for await (const recovery of recoveries)
        for (const end of crashOutcomes(recovery.disk, limits)) {
          if (!isNew(seen, end.disk, story)) continue;
          const crashes = `stopped ${label}; ${outcome.label}; recovery ${recovery.label}`;
          await judged(`${crashes}; ${end.label}`, expectRecovery(end.disk, story));
        }
    }
  return seen.size;
}

function crashesDuring(
  beginning: Beginning,
  act: Act,
  wrap = (fileSystem: FileSystem): FileSystem => fileSystem,
): AsyncIterable<StoppedRun<CrashStory>> {
  const run = async (fileSystem: FileSystem, story: CrashStory): Promise<void> => {
    await story.open(wrap(fileSystem));
    await act(story);
    await story.close();
  };
  return everyBoundary(() => new CrashStory(beginning.frames), run, beginning.disk);
}

/** Different crashes often leave the same bytes, and the same promises: one of them is enough. */
function isNew(seen: Set<string>, disk: SimDisk, story: CrashStory): boolean {
  const hash = createHash("sha1");
  for (const path of disk.files())
    for (const bytes of [disk.readFile(path), disk.readDurable(path)])
      hash.update(`${path} ${bytes.length} `).update(bytes);
  for (const { label } of [...disk.pendingChanges(), ...disk.pendingEntries()]) hash.update(label);
  const promised = bytesOf(story.required);
  const key = hash.update(promised).digest("hex");
  const { size } = seen;
  return seen.add(key).size > size;
}

async function judged(crash: string, judgement: Promise<void>): Promise<void> {
  await judgement.catch((cause: unknown) => {
    throw new Error(crash, { cause });
  });
}

const entries = (count: number) => Array.from({ length: count }, (_, at) => data(at, 1, 60));

/** Three segments: entries 1 to 4, 5 to 8, 9 to 10. */
const threeSegments: Act = (story) => story.append(1, entries(10));

describe("a crash at every boundary, whatever it leaves, during", () => {
  it("append_firstOnes", async () => {
    const cells = await survivesEveryCrash(
      await after(() => undefined),
      async (story) => {
        story.append(1, [other("noop")]);
        await story.settle();
        story.append(1, [data(1), data(2, 3, 90)]);
        await story.settle();
        story.append(1, [data(3)]);
        await story.settle();
      },
      { grainBytes: 32 },
    );
    expect(cells).toBeGreaterThan(100);
  });

  it("append_groupOfManySectors", async () => {
    const beginning = await after((story) => story.append(1, [other("noop")], LARGE_SEGMENTS));
    await survivesEveryCrash(
      beginning,
      (story) => {
        story.append(1, [data(1, 1, 700)], LARGE_SEGMENTS);
        story.append(1, [data(2, 1, 1500), data(3, 1, 20)], LARGE_SEGMENTS);
        story.append(1, [data(4, 9, 900)], LARGE_SEGMENTS);
        return story.settle();
      },
      { maxTears: 20 },
    );
  });

  it("append_manyRowsInOneSync", async () => {
    const beginning = await after((story) => story.append(1, [other("noop")], LARGE_SEGMENTS));
    await survivesEveryCrash(
      beginning,
      (story) => {
        story.append(1, entries(30), LARGE_SEGMENTS);
        story.append(1, entries(40), LARGE_SEGMENTS);
        return story.settle();
      },
      { maxTears: 20 },
    );
  });

  it("roll_bySizeAndByRequest", async () => {
    const beginning = await after((story) => story.append(1, [other("noop"), ...entries(3)]));
    await survivesEveryCrash(
      beginning,
      async (story) => {
        story.append(1, entries(3));
        story.append(1, [other("control", '{"control":"roll"}')]);
        story.append(1, entries(2));
        await story.settle();
      },
      { maxTears: 10, grainBytes: 64 },
    );
  });

  it("roll_segmentWithoutRecords", async () => {
    const roll = other("control", '{"control":"roll"}');
    await survivesEveryCrash(
      await after((story) => story.append(1, [other("noop"), roll])),
      async (story) => {
        story.append(1, [roll]);
        story.append(1, entries(1));
        await story.settle();
      },
      { maxTears: 10, grainBytes: 64 },
    );
  });

  it("seal_twoSegments", async () => {
    await survivesEveryCrash(
      await after(threeSegments),
      async (story) => {
        story.log.committed(9 as LogIndex);
        await story.until(() => story.sealed.length === 2);
        story.append(1, entries(2));
        await story.settle();
      },
      { maxTears: 10, grainBytes: 64 },
    );
  });

  it("truncateSuffix_withinASegment", async () => {
    await survivesEveryCrash(
      await after((story) => story.append(1, entries(8), LARGE_SEGMENTS)),
      async (story) => {
        story.truncate(4);
        story.append(2, [other("noop"), ...entries(2)], LARGE_SEGMENTS);
        await story.settle();
      },
      { maxTears: 10, grainBytes: 64 },
    );
  });

  it("truncateSuffix_whatIsStillBeingWritten", async () => {
    await survivesEveryCrash(
      await after((story) => story.append(1, entries(2))),
      async (story) => {
        story.append(1, entries(9));
        story.truncate(8);
        story.append(2, entries(1));
        story.truncate(5);
        story.append(3, entries(2));
        await story.settle();
      },
      { maxTears: 6, grainBytes: 64 },
    );
  });

  it.each([2, 5, 7, 9])("truncateSuffix_acrossSegments_from%i", async (from) => {
    await survivesEveryCrash(
      await after(threeSegments),
      async (story) => {
        story.truncate(from);
        story.append(2, [other("noop"), ...entries(4)]);
        await story.settle();
      },
      { maxTears: 6, grainBytes: 64 },
    );
  });

  it("truncateSuffix_toNothing", async () => {
    await survivesEveryCrash(
      await after(threeSegments),
      async (story) => {
        story.truncate(1);
        story.append(2, [other("noop"), ...entries(1)]);
        await story.settle();
      },
      { maxTears: 6, grainBytes: 64 },
    );
  });
});

describe("a crash at every boundary of the recovery from a crash during", () => {
  const tales: readonly (readonly [string, Act, Act])[] = [
    ["append", (story) => story.append(1, entries(1)), (story) => story.append(1, entries(2))],
    ["roll", (story) => story.append(1, entries(4)), (story) => story.append(1, entries(2))],
    [
      "truncateSuffix",
      threeSegments,
      (story) => {
        story.truncate(3);
        story.append(2, entries(2));
      },
    ],
    ["seal", threeSegments, (story) => story.log.committed(9 as LogIndex)],
  ];

  it.each(tales)("%s", async (_name, before, act) => {
    const limits = { maxTears: 3, maxSubsetOf: 3, grainBytes: 64 };
    await survivesCrashesOfRecovery(await after(before), act, limits);
  });
});

describe("the crash table", () => {
  it("catches a log whose frames are never synced", async () => {
    const beginning = await after((story) => story.append(1, entries(2)));
    const forgetful: Act = async (story) => {
      story.append(1, entries(1));
      await story.settle();
    };
    await expect(
      survivesEveryCrash(beginning, forgetful, {}, (fileSystem) =>
        withoutSync(/\.log$/, fileSystem),
      ),
    ).rejects.toThrow(/stopped (before|after)/);
  });

  it("catches a log whose cuts are never synced", async () => {
    const beginning = await after(threeSegments);
    await expect(
      survivesEveryCrash(
        beginning,
        async (story) => {
          story.truncate(3);
          story.append(2, entries(2));
          await story.settle();
        },
        { maxTears: 1 },
        (fileSystem) => withoutSync(/\.index$/, fileSystem),
      ),
    ).rejects.toThrow(/stopped (before|after)/);
  });
});
