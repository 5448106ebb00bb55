import { describe, expect, it } from "vitest";
import type { LogIndex } from "../../src/common/brand.ts";
import { FatalError } from "../../src/common/fatal-error.ts";
import type { SimDisk } from "../../src/sim/disk/index.ts";
import { CrashStory, expectRecovery } from "./wal/support/crash-story.ts";
import { data, newDisk, openLog, readAll } from "./wal/support/log-bench.ts";

const entries = Array.from({ length: 10 }, (_, at) => data(at, 1, 60));

/** Appends, commits and cuts until the disk is full, or all is done. */
async function fill(disk: SimDisk): Promise<CrashStory> {
  const story = new CrashStory();
  try {
    await story.open(disk.mount());
    story.append(1, entries);
    await story.settle();
    story.commit(5);
    story.truncate(9);
    story.append(2, entries.slice(0, 3));
    await story.settle();
  } catch (thrown) {
    if (!(thrown instanceof FatalError)) throw thrown;
    expect(thrown.message).toMatch(/disk is full \(ENOSPC\)/);
  }
  return story;
}

describe("a disk that is full", () => {
  it("fails the process at any write, and has lost nothing when there is room again", async () => {
    const empty = await newDisk();
    const used = Number.MAX_SAFE_INTEGER - roomOf(empty);
    let failures = 0;
    for (let room = 0; room < 4_000; room += 37) {
      const disk = empty.fork();
      disk.capacityBytes = used + room;
      const story = await fill(disk);
      failures += story.failures.length;
      for (const { kind, message } of story.failures) {
        expect(kind).toBe("io");
        expect(message).toMatch(/disk is full \(ENOSPC\)/);
      }
      disk.kill();
      disk.capacityBytes = Number.POSITIVE_INFINITY;
      await expectRecovery(disk, story);
    }
    expect(failures).toBeGreaterThan(50);
  });

  it("still takes votes and gives back what it has, for neither makes files grow", async () => {
    const disk = await newDisk();
    const opened = await openLog(disk.mount());
    const story = new CrashStory();
    await opened.data.close();
    disk.kill();
    await story.open(disk.mount());
    story.append(1, entries);
    await story.settle();
    await story.close();
    disk.kill();
    disk.capacityBytes = 1;
    const { data: directory, log } = await openLog(disk.mount());
    await directory.hardState.update({ votedFor: "n2" });
    expect(directory.hardState.current.votedFor).toBe("n2");
    expect(await readAll(log)).toHaveLength(10 * 148);
    log.truncateSuffix(9 as LogIndex);
    await directory.close();
  });
});

function roomOf(disk: SimDisk): number {
  disk.capacityBytes = Number.MAX_SAFE_INTEGER;
  return disk.freeBytes;
}
