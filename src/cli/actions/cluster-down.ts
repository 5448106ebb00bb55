import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { type OutputFormat, printObject } from "../output.ts";
import { removeClusterFile } from "../supervisor/cluster-file.ts";
import { askSupervisor } from "../supervisor/control-channel.ts";
import { findSupervisor } from "../supervisor/find-supervisor.ts";
import { PASTE } from "../supervisor/narrator.ts";
import { stopOrphans, untilGone } from "../supervisor/orphans.ts";
import { isAlive } from "../supervisor/process-identity.ts";

const DOWN_PATIENCE_MS = 30_000;

/** Stops the running cluster; after a killed supervisor, what it may have left behind. */
export async function clusterDown(args: {
  readonly procfile: string;
  readonly format: OutputFormat;
}): Promise<void> {
  const found = await findSupervisor(args.procfile);
  if (found.kind === "none")
    throw new Failure(
      EXIT.cannotConnect,
      "UNAVAILABLE",
      "no cluster runs here",
      `run this in the directory where \`${PASTE} cluster up\` was, or give --procfile`,
    );
  const { supervisor } = found.file;
  if (found.kind === "gone") {
    await stopOrphans(found.file);
    removeClusterFile(found.path);
  } else {
    await askSupervisor(found.file, { verb: "down", nodes: [] });
    await untilGone([supervisor], DOWN_PATIENCE_MS);
    if (isAlive(supervisor))
      throw new Failure(
        EXIT.timeout,
        "TIMEOUT",
        `the supervisor (process ${supervisor.pid}) still runs after 30 seconds`,
      );
  }
  const text = "all nodes are down; the log stays in data/";
  await printObject(args.format, { stopped: true }, text);
}
