import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CONFIG_KEYS } from "../../runtime/config/keys.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { loadConfig } from "../load-config.ts";

/** One line of a Procfile. */
export interface ProcfileLine {
  readonly name: string;
  readonly command: string;
}

/** A line, and what its node was told: known before it runs, so that mistakes show at once. */
export interface NodeProcess extends ProcfileLine {
  readonly nodeId: string;
  /** Absolute. */
  readonly dataDirectory: string;
  readonly listenClient: string;
  readonly listenPeer: string;
  /** Where it serves metrics, if it does. */
  readonly listenHttp: string | undefined;
}

export interface LocalCluster {
  /** Directory of the Procfile: commands run there, and `data/cluster.json` lies below it. */
  readonly directory: string;
  readonly processes: readonly NodeProcess[];
}

/** Reads a Procfile and the configuration of every node it starts. */
export function readLocalCluster(procfile: string): LocalCluster {
  const path = resolve(procfile);
  const lines = parseProcfile(readProcfile(path, procfile), procfile);
  const directory = dirname(path);
  const before = process.cwd();
  // The nodes run in the Procfile's directory, and so must the paths in their commands be read.
  process.chdir(directory);
  try {
    return { directory, processes: lines.map(nodeProcess) };
  } finally {
    process.chdir(before);
  }
}

/** `name: command` lines; blank lines and `#` comments are skipped. */
export function parseProcfile(text: string, path: string): readonly ProcfileLine[] {
  const lines: ProcfileLine[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.trimStart().startsWith("#")) continue;
    const [, name, command] = /^\s*([A-Za-z0-9_-]+):\s*(\S.*)$/.exec(line) ?? [];
    if (name === undefined || command === undefined)
      throw misread(`${path}:${at + 1}: a line must be "name: command"`);
    if (lines.some((other) => other.name === name))
      throw misread(`${path}:${at + 1}: "${name}" is there twice`);
    lines.push({ name, command: command.trim() });
  }
  if (lines.length === 0) throw misread(`${path}: it names no process`);
  return lines;
}

function nodeProcess(line: ProcfileLine): NodeProcess {
  const words = line.command.split(/\s+/);
  const at = words.indexOf("start");
  if (at === -1)
    throw misread(`Procfile: "${line.name}" is not a node: its command has no \`start\``);
  const flags = new Map<string, string>();
  for (let next = at + 1; next < words.length; next++) {
    const [flag = "", inline] = (words[next] ?? "").replace(/^--/, "").split("=", 2);
    const isSwitch = CONFIG_KEYS.some((key) => key.flag === flag && key.kind === "switch");
    flags.set(flag, inline ?? (isSwitch ? "true" : (words[++next] ?? "")));
  }
  const file = flags.get("config");
  const { config } = loadConfig({ file, flags: Object.fromEntries(flags) });
  return {
    ...line,
    nodeId: config.node.nodeId,
    dataDirectory: resolve(config.node.dataDirectory),
    listenClient: config.listenClient,
    listenPeer: config.listenPeer,
    listenHttp: config.listenHttp,
  };
}

function readProcfile(path: string, shown: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw misread(`${shown}: cannot be read (${code})`);
    throw misread(
      `${shown}: there is no such file`,
      "run this where the Procfile is, or name it with --procfile",
    );
  }
}

function misread(message: string, hint?: string): Failure {
  return new Failure(EXIT.invalidValue, "INVALID_ARGUMENT", message, hint);
}
