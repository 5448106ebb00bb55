import fc from "fast-check";
import type { NodeId } from "../../../src/common/brand.ts";
import { KINDS, type Move, RandomSchedule } from "./random-schedule.ts";
import { TestCluster, type TestClusterOptions } from "./test-cluster.ts";

function below(limit: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: limit - 1 });
}

/** What happens, in order, and where the nodes' random timeouts come from. */
export const anySchedule = fc.record({
  moves: fc.array<Move>(fc.tuple(below(KINDS), below(5), below(10_000)), {
    minLength: 50,
    maxLength: 600,
    size: "max",
  }),
  seed: below(1_000),
});

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
