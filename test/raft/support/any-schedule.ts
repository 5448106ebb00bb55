import fc from "fast-check";
import type { NodeId } from "../../../src/common/brand.ts";
import {
  KINDS,
  KINDS_WITH_TRIMS,
  type Move,
  RandomSchedule,
  SOUND_KINDS,
} from "./random-schedule.ts";
import { TestCluster, type TestClusterOptions } from "./test-cluster.ts";

function below(limit: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: limit - 1 });
}

/** What happens, in order, and where the nodes' random timeouts come from. */
function schedules(kinds: number) {
  const move = fc.tuple(below(kinds), below(5), below(10_000));
  const moves = fc.array<Move>(move, { minLength: 50, maxLength: 600, size: "max" });
  return fc.record({ moves, seed: below(1_000) });
}

/** On disks that forget only what was not synced. */
export const anySchedule = schedules(SOUND_KINDS);

/** On disks that rot and fill up as well. */
export const anyScheduleWithDamage = schedules(KINDS);

/** On logs whose prefix goes as well: who was away too long gets a snapshot. */
export const anyScheduleWithTrims = schedules(KINDS_WITH_TRIMS);

/** Plays `moves` on a fresh cluster, then lets it heal. @throws where a property is broken. */
export function playSchedule(
  ids: readonly NodeId[],
  moves: readonly Move[],
  options: TestClusterOptions,
): TestCluster {
  const cluster = new TestCluster(ids, options);
  const schedule = new RandomSchedule(cluster);
  for (const move of moves) schedule.move(move);
  schedule.heal();
  return cluster;
}
