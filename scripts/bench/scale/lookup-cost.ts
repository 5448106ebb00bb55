import { rmSync } from "node:fs";
import { percentile } from "../percentile.ts";
import type { LookupFigures } from "./figures.ts";
import type { GrowTask } from "./grow-log.ts";
import { runScript } from "./grown-cluster.ts";
import type { LookupResult, LookupTask } from "./lookups.ts";

const LOOKUPS = 300;

/** P9, in a log of its own, in which offsets and times grow in leaps. */
export async function measureLookups(
  directory: string,
  gigabytes: number,
): Promise<readonly LookupFigures[]> {
  const node = { nodeId: "n1", dataDirectory: directory };
  const grow: GrowTask = { nodes: [node], bytes: gigabytes * 1e9, shape: "mixed" };
  await runScript("grow-log", grow);
  const task: LookupTask = { ...node, count: LOOKUPS };
  const { byOffset, byTime } = JSON.parse(await runScript("lookups", task)) as LookupResult;
  rmSync(directory, { recursive: true });
  return [
    { by: "offset" as const, ...byOffset },
    { by: "time" as const, ...byTime },
  ].map(({ by, reads, ms }) => ({
    gigabytes,
    by,
    lookups: reads.length,
    mostReads: Math.max(...reads),
    meanReads: reads.reduce((sum, count) => sum + count, 0) / reads.length,
    withinTwo: reads.filter((count) => count <= 2).length / reads.length,
    p50Ms: percentile(ms, 0.5),
    mostMs: Math.max(...ms),
  }));
}
