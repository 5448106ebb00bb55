import { type Random, randomInteger } from "../../common/random.ts";
import type { ClusterImage, PlacedEntry } from "./cluster-image.ts";
import type { RevivedCluster } from "./revived-cluster.ts";

const INDEX_HEADER_BYTES = 48;
const ROW_BYTES = 48;

/**
 * Helical damage: every node is damaged, each elsewhere, in frames, rows, footers, identity and
 * hard state at once; yet nothing is damaged on all of them, and no entry in its frame and its row
 * on the same node. Hence all of it can be repaired.
 * @returns what was done, one line for each place.
 */
export function scatterDamage(cluster: RevivedCluster, random: Random): readonly string[] {
  const { image, world } = cluster;
  const { hosts } = world;
  const done: string[] = [];
  const flip = (node: number, file: string, position: number) => {
    const host = hosts[node % hosts.length];
    host?.disk.flip(file, position, 1 << randomInteger(random, 0, 7));
    done.push(`${host?.nodeId} ${file}:${position}`);
  };
  for (const entry of image.entries) {
    if (random.next() < 0.3) continue;
    const node = randomInteger(random, 0, hosts.length - 1);
    flip(node, entry.file, entry.position + randomInteger(random, 0, entry.length - 1));
    const [file, rowAt] = rowOf(image, entry);
    if (random.next() < 0.5) flip(node + 1, file, rowAt + randomInteger(random, 0, ROW_BYTES - 1));
  }
  const footerNode = randomInteger(random, 0, hosts.length - 1);
  for (const file of image.sealedFiles) {
    const { length } = image.disks.get("n1")?.get(file) ?? { length: 0 };
    const last = image.entries.findLast((entry) => entry.file === file);
    const frameBytes = last === undefined ? 0 : last.position + last.length;
    flip(footerNode, file, randomInteger(random, frameBytes, length - 1));
  }
  for (const pair of ["identity", "hard-state"])
    for (const node of hosts.keys())
      flip(node, `data/${pair}.${randomInteger(random, 0, 1)}`, randomInteger(random, 0, 60));
  return done;
}

/** Where an entry's row begins: file and position. */
export function rowOf(
  { entries }: ClusterImage,
  { file, index }: PlacedEntry,
): readonly [file: string, position: number] {
  const first = entries.find((entry) => entry.file === file)?.index ?? index;
  const position = INDEX_HEADER_BYTES + ROW_BYTES * (index - first);
  return [file.replace(/\.log$/, ".index"), position];
}
