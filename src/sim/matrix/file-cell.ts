import type { FatalError } from "../../common/fatal-error.ts";
import type { SimHost } from "../host.ts";
import { nameOf } from "../../storage/layout.ts";
import { verifyDataDirectory } from "../../storage/verify.ts";
import { type ClusterImage, DATA_DIRECTORY } from "./cluster-image.ts";
import { type FileDamage, inflict } from "./file-damage.ts";
import { PlainContents } from "./plain-contents.ts";
import { RevivedCluster } from "./revived-cluster.ts";
import { type ReportedFile, statesOf, whyNotWhole } from "./wholeness.ts";

/**
 * The ends that are allowed. `reported`: what is damaged is a checkpoint or a part of the compacted
 * prefix that the node can do without and cannot make again: it says so, serves nothing of it, and
 * all the rest is whole.
 */
export const FILE_OUTCOMES = ["clean", "repaired", "reported", "halt"] as const;
export type FileOutcome = (typeof FILE_OUTCOMES)[number];

export interface FileResult {
  readonly damage: FileDamage;
  readonly outcome: FileOutcome;
  /** What is not as it must be; absent when the cell holds. */
  readonly failure: string | undefined;
}

/** Long enough for elections, and for the scrubbers to have been everywhere. */
const NOTICED_WITHIN_MS = 5_000;
/** The first round may have begun before everything was read; after the second all was met. */
const SCRUB_ROUNDS = 2;
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
  const noticed = everythingWasRead(cluster);
  cluster.start();
  await cluster.world.runUntil(noticed, NOTICED_WITHIN_MS);
  const { halted } = host;
  const reported = { nodeId: DAMAGED_NODE, file: damage.file };
  const told = wasTold(cluster, reported);
  const failure =
    (halted && whyNotNamed(halted)) ?? (await whyNotWhole(cluster, told ? reported : undefined));
  if (host.halted !== halted)
    return { damage, outcome: "halt", failure: `halted late: ${statesOf(cluster)}` };
  const remains = told && (await verifies(host, damage.file)) !== undefined;
  return { damage, outcome: remains ? "reported" : outcomeOf(cluster, host), failure };
}

/** Whether the scrubber of every node that lives has been all over its disk. */
function everythingWasRead({ world }: RevivedCluster): () => boolean {
  const rounds = new Map<SimHost, number>();
  world.watchers.push({
    traced({ event }, host) {
      if (event === "scrub.passed") rounds.set(host, (rounds.get(host) ?? 0) + 1);
    },
  });
  return () =>
    world.hosts.every(
      (host) => host.halted !== undefined || (rounds.get(host) ?? 0) >= SCRUB_ROUNDS,
    );
}

/** A good reason to stop is one that says where: anything else is a bug. */
function whyNotNamed({ kind, message }: FatalError): string | undefined {
  const named = message.includes(`${DATA_DIRECTORY}/`);
  return named && (kind === "corruption" || kind === "config")
    ? undefined
    : `halted without naming the place (${kind}): ${message}`;
}

/** Whether the node named the file as damaged. */
function wasTold({ world }: RevivedCluster, { nodeId, file }: ReportedFile): boolean {
  return world.trace.some(
    ({ node, event, facts }) =>
      node === nodeId && event === "snapshot.damaged" && facts["file"] === nameOf(file),
  );
}

/** What is still wrong with the file; absent: nothing. */
async function verifies({ disk }: SimHost, file: string): Promise<string | undefined> {
  for await (const finding of verifyDataDirectory(
    new PlainContents(disk).fileSystem,
    DATA_DIRECTORY,
  ))
    if (finding.file === file) return finding.what;
  return undefined;
}

const MENDED = new Set(["entry.damaged", "entry.repaired", "segment.rebuilt", "snapshot.mended"]);

function outcomeOf({ world }: RevivedCluster, { nodeId, halted }: SimHost): FileOutcome {
  if (halted !== undefined) return "halt";
  const mended = world.trace.some(
    ({ node, event, facts }) =>
      node === nodeId && (MENDED.has(event) || facts["note"] !== undefined),
  );
  return mended ? "repaired" : "clean";
}
