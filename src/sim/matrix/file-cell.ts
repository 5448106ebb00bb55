import type { FatalError } from "../../common/fatal-error.ts";
import type { SimHost } from "../host.ts";
import { type ClusterImage, DATA_DIRECTORY } from "./cluster-image.ts";
import { type FileDamage, inflict } from "./file-damage.ts";
import { RevivedCluster } from "./revived-cluster.ts";
import { statesOf, whyNotWhole } from "./wholeness.ts";

/** The three ends that are allowed. */
export const FILE_OUTCOMES = ["clean", "repaired", "halt"] as const;
export type FileOutcome = (typeof FILE_OUTCOMES)[number];

export interface FileResult {
  readonly damage: FileDamage;
  readonly outcome: FileOutcome;
  /** What is not as it must be; absent when the cell holds. */
  readonly failure: string | undefined;
}

/** Long enough for elections, and for the scrubbers to have been everywhere. */
const NOTICED_WITHIN_MS = 5_000;
export const DAMAGED_NODE = "n1";

/**
 * One file of one node is damaged while all nodes are down. The node ends equal to the others and
 * verifies clean, or it halts and names the place; the others acknowledge appends all the while.
 */
export async function runFileCell(
  image: ClusterImage,
  damage: FileDamage,
  seed: number,
): Promise<FileResult> {
  const cluster = new RevivedCluster(image, seed);
  const host = cluster.host(DAMAGED_NODE);
  inflict(host.disk, damage);
  cluster.start();
  await cluster.world.runFor(NOTICED_WITHIN_MS);
  const { halted } = host;
  const failure = (halted && whyNotNamed(halted)) ?? (await whyNotWhole(cluster));
  if (host.halted !== halted)
    return { damage, outcome: "halt", failure: `halted late: ${statesOf(cluster)}` };
  return { damage, outcome: outcomeOf(cluster, host), failure };
}

/** A good reason to stop is one that says where: anything else is a bug. */
function whyNotNamed({ kind, message }: FatalError): string | undefined {
  const named = message.includes(`${DATA_DIRECTORY}/`);
  return named && (kind === "corruption" || kind === "config")
    ? undefined
    : `halted without naming the place (${kind}): ${message}`;
}

const MENDED = new Set(["entry.damaged", "entry.repaired", "segment.rebuilt"]);

function outcomeOf({ world }: RevivedCluster, { nodeId, halted }: SimHost): FileOutcome {
  if (halted !== undefined) return "halt";
  const mended = world.trace.some(
    ({ node, event, facts }) =>
      node === nodeId && (MENDED.has(event) || facts["note"] !== undefined),
  );
  return mended ? "repaired" : "clean";
}
