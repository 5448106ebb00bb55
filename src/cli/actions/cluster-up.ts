import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { type OutputFormat, printObject } from "../output.ts";
import { readClusterFile, removeClusterFile } from "../supervisor/cluster-file.ts";
import { clusterFilePath } from "../supervisor/cluster-file.ts";
import { askSupervisor } from "../supervisor/control-channel.ts";
import { findSupervisor } from "../supervisor/find-supervisor.ts";
import { PASTE } from "../supervisor/narrator.ts";
import { stopOrphans } from "../supervisor/orphans.ts";
import { requireFreePorts } from "../supervisor/ports.ts";
import { readLocalCluster } from "../supervisor/procfile.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { removeData } from "../supervisor/remove-data.ts";
import { say } from "../terminal.ts";

interface UpArguments {
  readonly procfile: string;
  readonly detach: boolean;
  readonly fresh: boolean;
  readonly format: OutputFormat;
}

/** Starts the local cluster, in the foreground or behind the terminal. */
export async function clusterUp(args: UpArguments): Promise<void> {
  const cluster = readLocalCluster(args.procfile);
  await requireNoOther(args.procfile);
  await requireFreePorts(cluster.processes);
  if (args.fresh) await removeData(cluster);
  if (args.detach) return upBehind(args);
  const supervisor = new Supervisor(cluster);
  process.on("SIGINT", () => supervisor.stop(EXIT.interrupted));
  process.on("SIGTERM", () => supervisor.stop(EXIT.terminated));
  process.on("SIGHUP", () => supervisor.stop(EXIT.terminated));
  // Whatever ends this process, nobody shall look for it; the nodes see their stdin close.
  process.on("exit", () => removeClusterFile(clusterFilePath(cluster.directory)));
  process.exitCode = await supervisor.run();
}

async function requireNoOther(procfile: string): Promise<void> {
  const found = await findSupervisor(procfile);
  if (found.kind === "running")
    throw new Failure(
      EXIT.io,
      "IO",
      `a cluster runs here already (process ${found.file.supervisor.pid})`,
      `see \`${PASTE} cluster status\`; \`${PASTE} cluster down\` stops it`,
    );
  if (found.kind === "none") return;
  say(`balsa: the last supervisor (process ${found.file.supervisor.pid}) was killed; tidying up`);
  await stopOrphans(found.file);
  removeClusterFile(found.path);
}

/** The same command again, in a session of its own, its story in data/supervisor.log. */
async function upBehind({ procfile, format }: UpArguments): Promise<void> {
  const directory = dirname(resolve(procfile));
  const path = join(directory, "data", "supervisor.log");
  mkdirSync(dirname(path), { recursive: true });
  const log = openSync(path, "w");
  const main = fileURLToPath(new URL("../main.js", import.meta.url));
  const child = spawn(process.execPath, [main, "cluster", "up", "--procfile", procfile], {
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const giveUp = new AbortController();
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const leader = await Promise.race([awaitLeader(directory, giveUp.signal), ended]);
  giveUp.abort();
  if (typeof leader !== "string") {
    throw new Failure(leader ?? EXIT.error, "IO", reasonIn(readFileSync(path, "utf8")));
  }
  child.unref();
  const file = readClusterFile(clusterFilePath(directory));
  const endpoints = file?.endpoints ?? [];
  const text =
    `${leader}\nendpoints ${endpoints.join(",")}\n` +
    `told in ${path}; \`${PASTE} cluster down\` stops it`;
  await printObject(format, { leader, endpoints, supervisor: file?.supervisor.pid }, text);
}

/** What the supervisor or its nodes said of their own end; all else is in the file. */
function reasonIn(story: string): string {
  const lines = story.trimEnd().split("\n");
  const told = lines.filter((line) => line.includes("balsa: "));
  const reasons = told.map((line) => line.replace(/^(?:[\d:]+ (\S+) +)?balsa: /, "$1 ").trim());
  return reasons.join("\n") || lines.at(-1) || "the supervisor ended at once";
}

async function awaitLeader(directory: string, signal: AbortSignal): Promise<string | null> {
  while (!signal.aborted) {
    const file = readClusterFile(clusterFilePath(directory));
    if (file !== undefined) {
      const answer = await askSupervisor(file, { verb: "awaitLeader", nodes: [] });
      if (answer?.lines[0] !== undefined) return answer.lines[0];
    }
    await sleep(50);
  }
  return null;
}
