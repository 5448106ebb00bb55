import type { NodeId } from "../../common/brand.ts";
import type { SimHost } from "../host.ts";
import { nameOf } from "../../storage/layout.ts";
import { verifyDataDirectory } from "../../storage/verify.ts";
import { DATA_DIRECTORY, sameEverywhere, stopCleanly } from "./cluster-image.ts";
import { PlainContents } from "./plain-contents.ts";
import type { RevivedCluster } from "./revived-cluster.ts";
import { servedBy } from "./served-by.ts";

/** For a cluster that has all it needs, damage repaired included. */
const RECOVERY_LIMIT_MS = 30_000;

/** A file that a node said is damaged, and does without. */
export interface ReportedFile {
  readonly nodeId: NodeId;
  /** Path on the disk: `data/snapshots/…`. */
  readonly file: string;
}

/**
 * Waits for the cluster to become whole, stops it, and looks at every byte of it.
 * @param reported may be damaged, and readers of what only it has refused by name; nothing else.
 * @returns what is not as it must be; absent when all is.
 */
export async function whyNotWhole(
  cluster: RevivedCluster,
  reported?: ReportedFile,
): Promise<string | undefined> {
  const { world } = cluster;
  const before = cluster.acknowledged.length;
  const serves = () => cluster.acknowledged.length > before && noDamage(world.running);
  if (!(await world.runUntil(serves, RECOVERY_LIMIT_MS)))
    return `did not become well: ${statesOf(cluster)}`;
  cluster.rest();
  // An append that was on its way could roll a segment while the nodes are being stopped.
  const same = () => cluster.quiet && sameEverywhere(world);
  if (!(await world.runUntil(same, RECOVERY_LIMIT_MS)))
    return `the nodes did not come to hold the same: ${statesOf(cluster)}`;
  return (
    truncated(cluster) ??
    (await whyNotServed(cluster, reported)) ??
    (await stopped(cluster)) ??
    (await whyNotEqual(cluster)) ??
    whyOtherCheckpoints(cluster, reported) ??
    (await whyNotClean(cluster, reported))
  );
}

/** What each node says of itself. */
export function statesOf({ world }: RevivedCluster): string {
  return world.hosts
    .map(({ nodeId, node, halted }) => {
      const status = node?.status();
      const raft = status?.raft;
      if (halted !== undefined) return `${nodeId} halted: ${halted.message}`;
      if (raft === undefined) return `${nodeId}: ${status?.waiting ?? "starting"}`;
      const { role, currentTerm, lastIndex, commitIndex, firstFaulty } = raft;
      const faulty = firstFaulty === undefined ? "" : `, entry ${firstFaulty} is faulty`;
      return `${nodeId}: ${role} of ${currentTerm}, ${commitIndex} of ${lastIndex}${faulty}`;
    })
    .join("; ");
}

/** Whether anything that the image holds was cut off. */
export function truncated({ world, image }: RevivedCluster): string | undefined {
  const last = image.entries.at(-1)?.index ?? 0;
  const cut = world.trace.find(
    ({ event, facts }) => event === "log.truncated" && Number(facts["from"]) <= last,
  );
  return cut && `${cut.node} cut its log at ${String(cut.facts["from"])}, ${last} are acknowledged`;
}

function noDamage(hosts: readonly SimHost[]): boolean {
  return hosts.every(({ node }) => {
    const raft = node?.status().raft;
    const { checkpoints = [], damaged = [] } = node?.lifecycle.snapshots() ?? {};
    const beside = damaged.length + checkpoints.filter(({ damage }) => damage !== undefined).length;
    return raft !== undefined && raft.firstFaulty === undefined && beside === 0;
  });
}

/** Every node serves all that was ever acknowledged, in order, once. */
async function whyNotServed(
  cluster: RevivedCluster,
  reported: ReportedFile | undefined,
): Promise<string | undefined> {
  const { world, image, acknowledged } = cluster;
  const expected = [...image.values, ...acknowledged];
  for (const { node, nodeId } of world.running) {
    if (node === undefined) continue;
    const { values: served, refusal } = await servedBy(world, node);
    if (refusal !== undefined) {
      const named = nodeId === reported?.nodeId && refusal.includes(nameOf(reported.file));
      if (!named) return `${nodeId} does not serve its log: ${refusal}`;
      // What came before the damage.
      if (served.join() !== expected.slice(0, served.length).join())
        return `${nodeId} serves ${served.at(-1)}, at or past what is damaged`;
      continue;
    }
    const known = new Set(served);
    const missing = expected.find((value) => !known.has(value));
    if (missing !== undefined) return `${nodeId} does not serve ${missing}, which is acknowledged`;
    if (known.size !== served.length) return `${nodeId} serves a record twice`;
    const start = served.slice(0, image.values.length);
    if (start.join() !== image.values.join()) return `${nodeId} serves records out of order`;
  }
  return undefined;
}

async function stopped({ world }: RevivedCluster): Promise<undefined> {
  await stopCleanly(world);
  return undefined;
}

/** The old entries lie where they lay, and files of segments are the same on every node. */
async function whyNotEqual({ world, image }: RevivedCluster): Promise<string | undefined> {
  const hosts = world.hosts
    .filter(({ halted }) => halted === undefined)
    .map(({ nodeId, disk }) => ({ nodeId, disk, contents: new PlainContents(disk) }));
  for (const { nodeId, disk, contents } of hosts)
    for (const { index, file, position, length, bytes } of image.entries) {
      if (!disk.files().includes(file)) return `${nodeId} has lost ${file}`;
      const now = (await contents.of(file)).subarray(position, position + length);
      if (Buffer.compare(now, bytes) !== 0) return `${nodeId} holds another entry ${index}`;
    }
  const [first, ...others] = hosts;
  if (first === undefined) return "every node has halted";
  const logs = ({ disk }: Pick<SimHost, "disk">) =>
    disk.files().filter((path) => path.endsWith(".log"));
  for (const other of others) {
    if (logs(first).join() !== logs(other).join()) return `${other.nodeId} has other segments`;
    for (const path of logs(first))
      if (Buffer.compare(await first.contents.of(path), await other.contents.of(path)) !== 0)
        return `${path} is not the same on ${first.nodeId} and ${other.nodeId}`;
  }
  return undefined;
}

/** A checkpoint is a function of the log: those that two nodes have are the same. */
function whyOtherCheckpoints(
  { world }: RevivedCluster,
  reported: ReportedFile | undefined,
): string | undefined {
  const seen = new Map<string, readonly [nodeId: NodeId, bytes: Uint8Array]>();
  for (const { nodeId, disk, halted } of world.hosts) {
    if (halted !== undefined) continue;
    for (const path of disk.files().filter((name) => name.endsWith(".checkpoint"))) {
      if (nodeId === reported?.nodeId && path === reported.file) continue;
      const bytes = disk.readFile(path);
      const [other, same] = seen.get(path) ?? [nodeId, bytes];
      if (Buffer.compare(same, bytes) !== 0)
        return `${path} is not the same on ${other} and ${nodeId}`;
      seen.set(path, [nodeId, bytes]);
    }
  }
  return undefined;
}

async function whyNotClean(
  { world }: RevivedCluster,
  reported: ReportedFile | undefined,
): Promise<string | undefined> {
  for (const { nodeId, disk, halted } of world.hosts) {
    if (halted !== undefined) continue;
    for await (const finding of verifyDataDirectory(
      new PlainContents(disk).fileSystem,
      DATA_DIRECTORY,
    ))
      if (nodeId !== reported?.nodeId || finding.file !== reported.file)
        return `${nodeId} does not verify: ${finding.kind} ${finding.file}: ${finding.what}`;
  }
  return undefined;
}
