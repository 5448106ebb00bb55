import type { Population } from "./clients/population.ts";
import type { Recovery } from "./history.ts";
import { isLeader, type SimHost } from "./host.ts";
import type { World } from "./world.ts";

/** Faults are over: each of the things that must come back may take this long. */
const LIMIT_MS = 30_000;

const SCRUB_ROUNDS = 2;
/** So long may two rounds of every scrubber take. */
const SCRUB_MS = 120_000;

/**
 * Lets the world become well again and notes when: a node leads, an append gets through, all nodes
 * that did not halt for good have committed the same. Clients stop on the way.
 */
export async function recover(world: World, population: Population): Promise<Recovery> {
  const healedMs = world.time.nowMs;
  const { clients, last } = population;
  const leads = (host: SimHost) => isLeader(host) && host.node?.healthy === true;
  const led = await world.runUntil(() => world.running.some(leads), LIMIT_MS);
  const leaderMs = led ? world.time.nowMs : undefined;
  let acknowledgedMs: number | undefined;
  void (async () => {
    while (acknowledgedMs === undefined) {
      const { outcome, settledMs } = await last.appendOne();
      if (outcome === "acknowledged") acknowledgedMs = settledMs;
      else await clients.sleep(20);
    }
  })();
  await world.runUntil(() => acknowledgedMs !== undefined, LIMIT_MS);
  population.stop();
  const equal = await world.runUntil(() => population.done && agree(world), LIMIT_MS);
  return {
    ...{ healedMs, limitMs: LIMIT_MS, leaderMs, acknowledgedMs },
    equalMs: equal ? world.time.nowMs : undefined,
    states: statesOf(world),
  };
}

/**
 * Damage at rest is found by reading: every node that runs reads all it holds twice, so that what
 * the first round found is mended when the second ends.
 */
export async function scrubAll(world: World): Promise<void> {
  const rounds = new Map<SimHost, number>();
  world.watchers.push({
    traced: ({ event }, host) => {
      if (event === "scrub.passed") rounds.set(host, (rounds.get(host) ?? 0) + 1);
    },
  });
  await world.runUntil(
    () => world.running.every((host) => (rounds.get(host) ?? 0) >= SCRUB_ROUNDS),
    SCRUB_MS,
  );
}

/** So long may what a log begins with stay damaged where another node has it. */
const MENDED_MS = 60_000;

/**
 * Waits for what the scrubbers found to be mended from other nodes' files.
 * @returns what is damaged still, `n1: <file>`
 */
export async function mendAll(world: World): Promise<readonly string[]> {
  await world.runUntil(() => damagedFiles(world).length === 0, MENDED_MS);
  return damagedFiles(world);
}

function damagedFiles(world: World): readonly string[] {
  return world.running.flatMap(({ nodeId, node }) =>
    (node?.lifecycle.snapshots().damaged ?? []).map(({ file }) => `${nodeId}: ${file}`),
  );
}

/** Every node that has not halted for good knows of the same commits. */
function agree(world: World): boolean {
  const commits = world.hosts
    .filter(({ halted }) => halted === undefined)
    .map(({ node }) => node?.status().raft?.commitIndex);
  const [first] = commits;
  return first !== undefined && commits.every((commit) => commit === first);
}

function statesOf(world: World): string {
  const states = world.hosts.map(({ nodeId, node, halted }) => {
    const raft = node?.status().raft;
    const state = raft && `${raft.role} of term ${raft.currentTerm}, commit ${raft.commitIndex}`;
    return `${nodeId}: ${halted?.message ?? state ?? node?.status().waiting ?? "not started"}`;
  });
  return states.join("; ");
}
