import type { NodeId } from "../common/brand.ts";
import { judge, type Skipped, type Violation } from "./checkers/index.ts";
import type { ClientWorld } from "./clients/client-world.ts";
import { Population } from "./clients/population.ts";
import type { BoundsSample, Recovery, RunRecord } from "./history.ts";
import { DAMAGE_FAULTS } from "./nemesis/disk-faults.ts";
import { COMPRESSED_MIX, parseFaults } from "./nemesis/fault-mixes.ts";
import { Nemesis } from "./nemesis/nemesis.ts";
import { SNAPSHOT_DAMAGE } from "./nemesis/snapshot-damage.ts";
import type { FaultKind } from "./nemesis/strike.ts";
import { RareStates } from "./rare-states/rare-states.ts";
import { mendAll, recover, scrubAll } from "./recovery.ts";
import type { Planted, RunOptions } from "./run-options.ts";
import { RetentionWatch } from "./retention-watch.ts";
import { recordRun, sampleBounds } from "./run-record.ts";
import { World } from "./world.ts";
import type { StoryEvent } from "./world-event.ts";
import { drawLogLife, drawWorldOptions, TOMBSTONES_STAY_MS } from "./world-options.ts";
import { seededRandom } from "../common/random.ts";

/** Before the first fault, in all worlds but one in eight, the cluster may form. */
const FORMING_MS = 10_000;
const SAMPLE_EVERY_MS = 500;

/** A process that ended by itself and stayed down. */
export interface Halt {
  readonly nodeId: NodeId;
  readonly kind: string;
  readonly reason: string;
}

export interface RunResult {
  readonly options: RunOptions;
  /** Empty when all that was looked at holds. */
  readonly violations: readonly Violation[];
  /** What could not be looked at. */
  readonly skipped: readonly Skipped[];
  /** How often each kind of fault struck. */
  readonly faults: Readonly<Record<string, number>>;
  /** Strikes of the nemesis, those left out included. */
  readonly strikes: number;
  readonly rareStates: Readonly<Record<string, number>>;
  readonly halts: readonly Halt[];
  readonly simulatedMs: number;
  readonly record: RunRecord;
  /** All that happened, in order. */
  readonly story: readonly StoryEvent[];
}

/**
 * One world from its seed: a cluster forms, clients work while it is being broken, faults stop, it
 * becomes well, and everything that was told is held against everything that is there.
 */
export async function runSimulation(
  options: RunOptions,
  planted: Planted = {},
): Promise<RunResult> {
  const { seed, nodes, faultsMs } = options;
  const kinds = parseFaults(options.faults);
  const sizes = drawWorldOptions(seededRandom(seed ^ 0x0512_e5), nodes);
  const drawn = drawLogLife(seededRandom(seed ^ 0x11fe_5eed), sizes, kinds[0]?.life === true);
  const compression = options.faults === COMPRESSED_MIX ? true : undefined;
  const world = new World(seed, { ...drawn, compression, ...planted });
  const rareStates = new RareStates(world);
  for (const host of world.hosts) world.start(host);
  const population = new Population(world);
  rareStates.watchClients(population.clients);
  const samples = sampleEvery(world);
  const watch = new RetentionWatch(world);
  if (world.options.life === true) world.watchers.push(watch);
  const formed = () => world.hosts.every(({ node }) => node?.healthy === true);
  if (seed % 8 !== 0) await world.runUntil(formed, FORMING_MS);
  const nemesis = new Nemesis(world, { seed, kinds, skip: new Set(options.skip) });
  rareStates.watchFaults(nemesis.faults);
  await world.runFor(faultsMs);
  nemesis.stop();
  const recovered = await recover(world, population);
  // With a majority down for good, over damage, nothing can be asked for but safety.
  const alive = world.running.length > nodes / 2 && !world.flooded;
  const struck = ({ name }: FaultKind) => (nemesis.counts[name] ?? 0) > 0;
  const rots = SNAPSHOT_DAMAGE.some(struck);
  if (rots || DAMAGE_FAULTS.some(struck)) await scrubAll(world);
  const unmended = rots && recovered.equalMs !== undefined ? await mendAll(world) : [];
  const recovery = alive ? { ...recovered, unmended } : undefined;
  const { clients } = population;
  const lives = world.options.life === true;
  const retention = lives ? await retentionOf(world, watch, clients, recovery) : undefined;
  const record = await recordRun({ world, clients, nemesis, recovery, samples, retention });
  rareStates.finish(record);
  const { violations, skipped } = judge(record);
  return {
    ...{ options, violations, skipped, record },
    faults: nemesis.counts,
    strikes: nemesis.strikes,
    rareStates: rareStates.counts,
    halts: haltsOf(world),
    simulatedMs: world.time.nowMs,
    story: world.story,
  };
}

async function retentionOf(
  { options }: World,
  watch: RetentionWatch,
  { trims: orders }: ClientWorld,
  recovery: Recovery | undefined,
): Promise<RunRecord["retention"]> {
  const sizes = recovery?.equalMs === undefined ? [] : await watch.settle();
  const deletionsStay = options.settings?.deleteRetentionMs === TOMBSTONES_STAY_MS;
  return { orders, trims: watch.trims, sizes, deletionsStay };
}

function sampleEvery(world: World): readonly BoundsSample[] {
  const samples: BoundsSample[] = [];
  const sample = (): void => {
    samples.push(...sampleBounds(world));
    world.time.plan(SAMPLE_EVERY_MS, sample);
  };
  world.time.plan(SAMPLE_EVERY_MS, sample);
  return samples;
}

function haltsOf(world: World): readonly Halt[] {
  return world.hosts.flatMap(({ nodeId, halted }) =>
    halted === undefined ? [] : [{ nodeId, kind: halted.kind, reason: halted.message }],
  );
}

/** The story as lines of JSON: equal for equal options. */
export function storyLines(story: readonly StoryEvent[]): readonly string[] {
  return story.map((event) => JSON.stringify(event));
}
