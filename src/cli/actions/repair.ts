import { nodeFileSystem } from "../../storage/node-file-system.ts";
import { type RepairFinding, type RepairKind, repairDataDirectory } from "../../storage/repair.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure, invalidValue } from "../failure.ts";
import { type OutputFormat, printObject, printRows, write } from "../output.ts";

const OWN_NAMES = /^(?:identity\.[01]|hard-state\.[01]|log)$/;

/** What becomes of a finding: without `--apply`, and with it. */
const DONE: Readonly<Record<RepairKind, readonly [plan: string, done: string]>> = {
  mend: ["would be mended", "mended"],
  start: ["the next start mends it", "the next start mends it"],
  peers: ["the other nodes have to give it", "the other nodes have to give it"],
  stuck: ["cannot be mended", "cannot be mended"],
};

/** Repairs, or says what a repair would do. Fails with 8 where damage remains. */
export async function repairDirectory(args: {
  readonly path: string;
  readonly apply: boolean;
  readonly format: OutputFormat;
}): Promise<void> {
  const { path, apply, format } = args;
  await requireDataDirectory(path);
  const findings = apply ? await mend(path) : await lookOnly(path);
  const remaining = findings.filter(({ kind }) => isDamage(kind) && !(apply && kind === "mend"));
  if (format === "json") {
    await printObject("json", { path, applied: apply, remaining: remaining.length, findings }, "");
  } else {
    if (findings.length > 0 || format !== "table") await printFindings(args, findings);
    if (format === "table") await write(`${path}: ${summary(findings, apply)}\n`);
  }
  const [first] = remaining;
  if (first === undefined) return;
  const more = remaining.length === 1 ? "" : `, and ${remaining.length - 1} more`;
  const [what] = first.what.split(";");
  const message = `damage remains: ${placeOf(first)}: ${what}${more}`;
  throw new Failure(EXIT.corruption, "CORRUPT", message, hintFor(remaining, path));
}

/** A wrong path is a mistake of the caller, not a directory that has lost everything. */
async function requireDataDirectory(path: string): Promise<void> {
  const names = await nodeFileSystem.list(path);
  if (names === undefined || names.some((name) => OWN_NAMES.test(name))) return;
  throw invalidValue(
    "<dir>",
    `${path} is no data directory`,
    "name one of a node, such as data/n1",
  );
}

function mend(path: string): Promise<readonly RepairFinding[]> {
  return repairDataDirectory(nodeFileSystem, path, { apply: true });
}

/** Half-written groups of a running node would look like damage: nobody else may have it open. */
async function lookOnly(path: string): Promise<readonly RepairFinding[]> {
  const names = await nodeFileSystem.list(path);
  // Where there is no directory, the repair says so.
  const lock = names === undefined ? undefined : await nodeFileSystem.lock(path);
  try {
    return await repairDataDirectory(nodeFileSystem, path, { apply: false });
  } finally {
    await lock?.release();
  }
}

/** An unfinished write that the next start tidies up is none. */
function isDamage(kind: RepairKind): boolean {
  return kind !== "start";
}

function printFindings(
  { apply, format }: { readonly apply: boolean; readonly format: OutputFormat },
  findings: readonly RepairFinding[],
): Promise<void> {
  return printRows(format, findings, [
    { header: "REPAIR", value: ({ kind }) => DONE[kind][apply ? 1 : 0] },
    { header: "WHERE", value: placeOf },
    { header: "ENTRY", align: "right", value: ({ index }) => index ?? "-" },
    { header: "TERM", align: "right", value: ({ term }) => term ?? "-" },
    { header: "WHAT", value: ({ what }) => what },
  ]);
}

function summary(findings: readonly RepairFinding[], apply: boolean): string {
  if (findings.length === 0) return "nothing to repair";
  const count = (wanted: RepairKind) => findings.filter(({ kind }) => kind === wanted).length;
  const parts = [
    [count("mend"), apply ? "mended" : "to mend"],
    [count("start"), "left to the next start"],
    [count("peers"), "left to the other nodes"],
    [count("stuck"), "that cannot be mended"],
  ] as const;
  const told = parts.filter(([amount]) => amount > 0).map(([amount, what]) => `${amount} ${what}`);
  return told.join(", ");
}

function hintFor(remaining: readonly RepairFinding[], path: string): string {
  const has = (wanted: RepairKind) => remaining.some(({ kind }) => kind === wanted);
  if (has("stuck"))
    return "keep this directory, start the node with an empty one: the others bring it up to date";
  if (has("mend")) return `\`npx --no balsa repair ${path} --apply\` mends what can be mended here`;
  return "start the node: it fetches what is damaged from the others";
}

function placeOf({ file, byte }: RepairFinding): string {
  return byte === undefined ? file : `${file} at byte ${byte}`;
}
