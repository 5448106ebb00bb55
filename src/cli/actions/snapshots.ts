import type { MemberSnapshots } from "../../client/admin.ts";
import { snapshotFiles } from "../../storage/dump/snapshot-files.ts";
import { nodeFileSystem } from "../../storage/node-file-system.ts";
import { megabytes } from "../numbers.ts";
import { withClient } from "../open-client.ts";
import { type Column, type OutputFormat, printRows } from "../output.ts";
import { isPath, type SegmentTarget } from "../segment-view.ts";
import { say } from "../terminal.ts";
import { transferText } from "../transfer-text.ts";

interface Row {
  readonly kind: string;
  readonly file: string;
  /** Last entry that it covers. */
  readonly index: number | null;
  readonly bytes: number;
  /** Empty while it is intact as far as was looked. */
  readonly damage: string;
}

const right = "right" as const;
const COLUMNS: readonly Column<Row>[] = [
  { header: "UP TO", align: right, value: ({ index }) => index ?? "-" },
  { header: "KIND", value: ({ kind }) => kind },
  { header: "BYTES", align: right, value: ({ bytes }) => bytes },
  { header: "STATE", value: ({ damage }) => (damage === "" ? "ok" : `DAMAGED: ${damage}`) },
  { header: "FILE", value: ({ file }) => file },
];

/** Checkpoints and compacted files; of a node also what is on its way. */
export async function listSnapshots(
  args: SegmentTarget & { readonly format: OutputFormat },
): Promise<void> {
  const { where, format } = args;
  if (where !== undefined && isPath(where)) {
    const rows = await ofDirectory(where);
    await printRows(format, rows, COLUMNS);
    if (format === "table") say(`${where}: ${summaryOf(rows)}`);
    return;
  }
  const { rows, lines } = await ofNode(args);
  await printRows(format, rows, COLUMNS);
  if (format === "table") for (const line of lines) say(line);
}

async function ofDirectory(where: string): Promise<readonly Row[]> {
  const files = await snapshotFiles(nodeFileSystem, where);
  return files.map(({ path, kind, index = null, bytes, damage = "" }) => {
    const file = path.slice(path.lastIndexOf("/") + 1);
    return { kind, file, index, bytes, damage };
  });
}

async function ofNode(args: SegmentTarget) {
  return withClient(args, async ({ admin }) => {
    const asked = { member: args.where, timeoutMs: args.timeoutMs };
    const { nodeId, index, checkpoints, damaged, transfers } = await admin.snapshots(asked);
    const { segments } = await admin.segments({ ...asked, member: nodeId });
    const compacted = segments.filter(({ state }) => state === "compacted");
    const rows: Row[] = [
      ...checkpoints.map((checkpoint) => ({ ...checkpoint, kind: "checkpoint" })),
      ...compacted.map(({ file, lastIndex, bytes }) => {
        const found = damaged.find((one) => one.file === file);
        return { kind: "compacted", file, index: lastIndex, bytes, damage: textOf(found) };
      }),
      // A manifest is listed only where it is damaged: then nobody can tell what it names.
      ...damaged
        .filter(({ file }) => file.endsWith(".manifest"))
        .map((found) => {
          const { file } = found;
          return { kind: "manifest", file, index: null, bytes: 0, damage: textOf(found) };
        }),
    ];
    const at = index === 0 ? "no snapshot yet" : `snapshot up to entry ${index}`;
    const lines = [`${nodeId}: ${at}, ${summaryOf(rows)}`];
    return { rows, lines: [...lines, ...transfers.map((one) => transferText(one.peer, one))] };
  });
}

function textOf(found: MemberSnapshots["damaged"][number] | undefined): string {
  return found === undefined ? "" : `byte ${found.position}: ${found.what}`;
}

function summaryOf(rows: readonly Row[]): string {
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  const damaged = rows.filter(({ damage }) => damage !== "").length;
  const files = rows.length === 1 ? "1 file" : `${rows.length} files`;
  return `${files}, ${megabytes(bytes)}${damaged === 0 ? "" : `, ${damaged} damaged`}`;
}
