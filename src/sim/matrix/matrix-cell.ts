import { FRAME_HEADER_BYTES } from "../../common/frame.ts";
import type { ClusterImage, PlacedEntry } from "./cluster-image.ts";
import { isDamaged, patternOf } from "./corruption-pattern.ts";
import { entriesOf, type MatrixVariant } from "./matrix-variants.ts";
import { RevivedCluster } from "./revived-cluster.ts";
import { whyNotSafe } from "./safe-halt.ts";
import { whyNotWhole } from "./wholeness.ts";

/** What became of one pattern. */
export interface MatrixResult {
  readonly variant: MatrixVariant;
  readonly pattern: number;
  readonly recoverable: boolean;
  /** What is not as it must be; absent when the cell holds. */
  readonly failure: string | undefined;
}

/** The scrubbers have been everywhere by then. */
const NOTICED_WITHIN_MS = 10_000;

/**
 * One cell of the matrix: the copies that the pattern names are damaged while all nodes are down.
 * All damage is noticed. What some node has intact is repaired; else the entry is served by nobody,
 * nothing is cut, and one copy put back is enough to go on.
 */
export async function runMatrixCell(
  image: ClusterImage,
  variant: MatrixVariant,
  pattern: number,
): Promise<MatrixResult> {
  const { recoverable, lost } = patternOf(pattern);
  const four = entriesOf(image, variant);
  const cluster = new RevivedCluster(image, pattern + 1);
  damage(cluster, four, pattern);
  cluster.start();
  const gone = lost.flatMap((entry) => four[entry] ?? []);
  const failure =
    (await whyNotNoticed(cluster, four, pattern)) ??
    (recoverable
      ? await whyNotWhole(cluster)
      : ((await whyNotSafe(cluster, gone)) ?? (await whyNotHealed(cluster, gone))));
  return { variant, pattern, recoverable, failure };
}

function damage(cluster: RevivedCluster, four: readonly PlacedEntry[], pattern: number): void {
  for (const [node, { disk }] of cluster.world.hosts.entries())
    for (const [entry, { file, position, length }] of four.entries())
      if (isDamaged(pattern, entry, node)) {
        // Elsewhere on each node: three copies that are damaged are not three that are equal.
        const inPayload = (entry * 7 + node * 5) % (length - FRAME_HEADER_BYTES);
        disk.flip(file, position + FRAME_HEADER_BYTES + inPayload, 1 << ((node + entry) % 8));
      }
}

/** Each damaged copy is named by its node. */
async function whyNotNoticed(
  { world }: RevivedCluster,
  four: readonly PlacedEntry[],
  pattern: number,
): Promise<string | undefined> {
  const wanted = world.hosts.flatMap(({ nodeId }, node) =>
    four
      .filter((_, entry) => isDamaged(pattern, entry, node))
      .map(({ index }) => `${nodeId} tells that entry ${index} is damaged`),
  );
  const untold = () => {
    const told = world.trace
      .filter(({ event }) => event === "entry.damaged")
      .map(({ node, facts }) => `${node} tells that entry ${String(facts["index"])} is damaged`);
    return wanted.find((fact) => !told.includes(fact));
  };
  await world.runUntil(() => untold() === undefined, NOTICED_WITHIN_MS);
  const missing = untold();
  return missing && `it does not come about that ${missing}`;
}

/** One good copy of each entry, on one node, mends all three. */
async function whyNotHealed(
  cluster: RevivedCluster,
  gone: readonly PlacedEntry[],
): Promise<string | undefined> {
  const { world } = cluster;
  const host = world.hosts[(gone[0]?.index ?? 0) % world.hosts.length];
  if (host === undefined) return "there is no node to heal";
  world.kill(host);
  for (const { file, position, bytes } of gone) host.disk.patch(file, position, bytes);
  world.start(host);
  const failure = await whyNotWhole(cluster);
  return failure && `after ${gone.length} entries were put back on ${host.nodeId}: ${failure}`;
}
