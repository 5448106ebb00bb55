import { rmSync } from "node:fs";
import { join } from "node:path";
import { confirm } from "../confirm.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { type OutputFormat, printObject } from "../output.ts";
import { removeClusterFile } from "../supervisor/cluster-file.ts";
import { findSupervisor } from "../supervisor/find-supervisor.ts";
import { PASTE } from "../supervisor/narrator.ts";
import { stopOrphans } from "../supervisor/orphans.ts";
import { readLocalCluster } from "../supervisor/procfile.ts";
import { removeData } from "../supervisor/remove-data.ts";

/** Deletes the data of every node of the stopped cluster. */
export async function clusterWipe(args: {
  readonly procfile: string;
  readonly yes: boolean;
  readonly format: OutputFormat;
}): Promise<void> {
  const cluster = readLocalCluster(args.procfile);
  const found = await findSupervisor(args.procfile);
  if (found.kind === "running")
    throw new Failure(
      EXIT.io,
      "IO",
      "the cluster is running: stop it first",
      `\`${PASTE} cluster down\``,
    );
  const directories = cluster.processes.map(({ dataDirectory }) => dataDirectory);
  if (!args.yes)
    await confirm(
      `delete ${list(directories)}?`,
      "nothing was deleted",
      "say --yes to delete without being asked",
    );
  if (found.kind === "gone") {
    await stopOrphans(found.file);
    removeClusterFile(found.path);
  }
  const removed = await removeData(cluster);
  rmSync(join(cluster.directory, "data", "supervisor.log"), { force: true });
  const text = removed.length === 0 ? "there was nothing to delete" : `deleted ${list(removed)}`;
  await printObject(args.format, { removed }, text);
}

function list(directories: readonly string[]): string {
  return directories.join(", ");
}
