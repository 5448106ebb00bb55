import { randomInteger, seededRandom } from "../../src/common/random.ts";
import { eventually, type TestCluster } from "./cluster.ts";

/** A machine that is busy with other things starts few processes in the time of a storm. */
const AT_LEAST_KILLS = 4;

export interface StormOptions {
  readonly seed: number;
  readonly forMs: number;
  /** Loses its disk as well, the first time that it falls. */
  readonly wiped: string;
}

/**
 * Kills nodes with SIGKILL, drawn at random and one at a time: the next one falls as soon as the
 * one before is back and there is a leader, so that work goes on in between. One loses its disk.
 * @returns who fell
 */
export async function killStorm(
  cluster: TestCluster,
  { seed, forMs, wiped }: StormOptions,
): Promise<readonly string[]> {
  const random = seededRandom(seed);
  const endMs = performance.now() + forMs;
  const fell: string[] = [];
  while (performance.now() < endMs || fell.length < AT_LEAST_KILLS || !fell.includes(wiped)) {
    const victim = cluster.nodeIds[randomInteger(random, 0, 2)] ?? wiped;
    await cluster.killHard(victim);
    if (victim === wiped && !fell.includes(wiped)) cluster.wipe(victim);
    fell.push(victim);
    cluster.start(victim);
    await eventually(`${victim} back and a leader`, () => isUp(cluster));
  }
  return fell;
}

async function isUp(cluster: TestCluster): Promise<true | undefined> {
  const roles = (await cluster.members()).map(({ role }) => role);
  const whole = roles.length === cluster.nodeIds.length;
  const up = whole && !roles.includes("down") && !roles.includes("waiting");
  return up && roles.includes("leader") ? true : undefined;
}
