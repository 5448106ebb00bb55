import { describe, expect, it } from "vitest";
import type { LogIndex } from "../../../src/common/brand.ts";
import type { Frame } from "../../../src/common/frame.ts";
import { type Random, randomInteger, seededRandom } from "../../../src/common/random.ts";
import { randomFates, type SimDisk } from "../../../src/sim/disk/index.ts";
import { initialChain, parseFrames } from "../../../src/storage/index.ts";
import { CrashStory, expectRecovery } from "./support/crash-story.ts";
import { CLUSTER, data, newDisk, openLog, other, readAll } from "./support/log-bench.ts";

const SEEDS = 150;
const LIVES = 6;

/** Lets the disk do some of its work, but rarely all of it. */
async function someWork(random: Random): Promise<void> {
  for (let ticks = randomInteger(random, 0, 60); ticks > 0; ticks--) await Promise.resolve();
}

async function act(story: CrashStory, random: Random, life: number): Promise<void> {
  const { log } = story;
  const last = log.tail.last.index;
  const choice = random.next();
  if (choice < 0.6) {
    const count = randomInteger(random, 1, 6);
    story.append(
      life * 10 + 1,
      Array.from({ length: count }, (_, at) =>
        random.next() < 0.1
          ? other("control", '{"control":"roll"}')
          : data(at, randomInteger(random, 1, 5), randomInteger(random, 0, 300)),
      ),
    );
  } else if (choice < 0.75 && last > story.committed)
    story.truncate(randomInteger(random, story.committed + 1, last));
  else if (choice < 0.9) story.commit(story.required.length);
  else await story.settle();
}

/** One disk through several lives, each ended by a power loss at any moment. */
async function lives(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const disk = await newDisk();
  let frames: readonly Frame[] = [];
  let committed = 0;
  for (let life = 0; life < LIVES; life++) {
    const story = new CrashStory(frames);
    await story.open(disk.mount());
    story.commit(committed);
    for (let acts = randomInteger(random, 1, 12); acts > 0; acts--) {
      await act(story, random, life);
      await someWork(random);
    }
    expect(story.failures).toEqual([]);
    if (random.next() < 0.3) disk.kill();
    else disk.crash(randomFates(random));
    await expectRecovery(disk.fork(), story);
    frames = await recovered(disk);
    committed = story.committed;
  }
}

async function recovered(disk: SimDisk): Promise<readonly Frame[]> {
  const { log } = await openLog(disk.mount());
  const frames = parseFrames([await readAll(log)], initialChain(CLUSTER));
  disk.kill();
  return frames;
}

/**
 * Found here: a node killed between the write of a footer and its sync saw the footer in the page
 * cache after its restart, took the segment for sealed, sealed the next one, and lost power: the
 * older footer was gone, the newer one proved damage, and the node halted for nothing. Recovery
 * now writes the newest footer again.
 */
describe("a log that loses power again and again", () => {
  it(`keeps what it acknowledged (${SEEDS} seeds, ${LIVES} lives each)`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++)
      await lives(seed).catch((cause: unknown) => {
        throw new Error(`seed ${seed}`, { cause });
      });
  });

  it("never cuts what is committed", async () => {
    const story = new CrashStory();
    await story.open((await newDisk()).mount());
    story.append(1, [data(1), data(2)]);
    story.commit(2);
    expect(() => story.log.truncateSuffix(2 as LogIndex)).toThrow(/never truncated/);
  });
});
