import type { PlacedEntry } from "./cluster-image.ts";
import type { RevivedCluster } from "./revived-cluster.ts";
import { servedBy } from "./served-by.ts";
import { statesOf, truncated } from "./wholeness.ts";

/** Several elections long: each node has its turn to lead and to give up. */
const HALT_MS = 5_000;

/**
 * Entries that no node has intact, and a world that has had the time to do something wrong: every
 * node waits for the first of them, nobody serves or cuts them. Where one of them is met before a
 * leader begins, nothing at all is appended; sealed segments are not read at start, so damage there
 * is met at work, and what comes after it goes on.
 * @returns what is not safe; absent when all is.
 */
export async function whyNotSafe(
  cluster: RevivedCluster,
  gone: readonly PlacedEntry[],
): Promise<string | undefined> {
  const { world, image } = cluster;
  await world.runFor(HALT_MS);
  const [first] = gone;
  if (first === undefined) return "nothing is lost here";
  for (const { node, nodeId } of world.hosts) {
    const firstFaulty = node?.status().raft?.firstFaulty;
    if (firstFaulty !== first.index)
      return `${nodeId} does not wait for entry ${first.index}: ${statesOf(cluster)}`;
  }
  const metAtStart = gone.some(({ file }) => !image.sealedFiles.has(file));
  return truncated(cluster) ?? (metAtStart ? wrote(cluster) : undefined) ?? served(cluster, first);
}

/** Without a whole log no leader writes anything, not even its no-op. */
function wrote({ world, acknowledged }: RevivedCluster): string | undefined {
  if (acknowledged.length > 0) return `${acknowledged.length} appends were acknowledged`;
  const append = world.trace.find(({ event }) => event === "entry.appended");
  return append && `${append.node} appended entry ${String(append.facts["first"])}`;
}

/** What is served ends before the first entry that is gone. */
async function served(
  { world, image }: RevivedCluster,
  first: PlacedEntry,
): Promise<string | undefined> {
  const before = image.entries.filter(({ type, index }) => type === "data" && index < first.index);
  const intact = image.values.slice(0, before.length);
  for (const { node, nodeId } of world.running) {
    if (node === undefined) continue;
    const { values, refusal } = await servedBy(world, node);
    if (refusal === undefined) return `${nodeId} serves its log as if it were whole`;
    if (values.join() !== intact.slice(0, values.length).join())
      return `${nodeId} serves ${values.at(-1)}, at or past the entry ${first.index} that is gone`;
  }
  return undefined;
}
