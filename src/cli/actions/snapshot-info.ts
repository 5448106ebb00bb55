import { decodeStateImage } from "../../statemachine/checkpoint-state.ts";
import { type SnapshotFile, snapshotFiles } from "../../storage/dump/snapshot-files.ts";
import { nodeFileSystem } from "../../storage/node-file-system.ts";
import type { Checkpoint } from "../../storage/snapshots/types.ts";
import type { Manifest } from "../../storage/compaction/manifest.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { SETTING_NAMES, valueText } from "../log-settings-text.ts";
import { grouped, megabytes } from "../numbers.ts";
import { type OutputFormat, printObject } from "../output.ts";
import { momentText } from "../when.ts";

type Rows = readonly (readonly [string, string])[];

/** What one file says; of a data directory its newest checkpoint. */
export async function showSnapshot(args: {
  readonly path: string;
  readonly format: OutputFormat;
}): Promise<void> {
  const files = await snapshotFiles(nodeFileSystem, args.path);
  const isFile = /\.(?:checkpoint|manifest)$/.test(args.path);
  const found = isFile ? files[0] : files.findLast(({ kind }) => kind === "checkpoint");
  if (found === undefined)
    throw new Failure(
      EXIT.error,
      "INVALID_ARGUMENT",
      `${args.path} has no checkpoint yet`,
      "one is written when a segment is sealed; `balsa segments roll` ends the active one",
    );
  if (found.damage !== undefined)
    throw new Failure(EXIT.corruption, "CORRUPT", `${found.path}: ${found.damage}`);
  const { object, rows } = described(found);
  const text = rows.map(([name, value]) => `${name.padEnd(16)}  ${value}`).join("\n");
  await printObject(args.format, object, text);
}

function described(file: SnapshotFile): { readonly object: object; readonly rows: Rows } {
  const { path, bytes, checkpoint, manifest } = file;
  const head: Rows = [["file", `${path} (${megabytes(bytes)})`]];
  if (checkpoint !== undefined) return ofCheckpoint(head, path, checkpoint);
  if (manifest !== undefined) return ofManifest(head, path, manifest);
  return { object: { path }, rows: head };
}

function ofCheckpoint(head: Rows, path: string, { start, state }: Checkpoint) {
  const { last, nextOffset, timestamp, chain } = start;
  const image = decodeStateImage(state);
  const settings = image.settings;
  const { segmentMs, retentionMs, retentionBytes } = settings ?? {};
  const shown = settings && {
    ...settings,
    ...{ segmentMs: segmentMs ?? null, retentionMs: retentionMs ?? null },
    retentionBytes: retentionBytes ?? null,
  };
  const rows: Rows = [
    ...head,
    ["last entry", `${last.index}, term ${last.term}`],
    ["next offset", String(nextOffset)],
    ["time", momentText(timestamp)],
    ["chain", chain.toString(16).padStart(8, "0")],
    ["log start", String(image.logStartOffset)],
    ["snapshot", image.snapshot.index === 0 ? "none yet" : `entry ${image.snapshot.index}`],
    ["voters", image.voters.map(({ nodeId }) => nodeId).join(", ")],
    ...[...SETTING_NAMES].map(
      ([key, name]) => [key, shown === undefined ? "-" : valueText(name, shown[name])] as const,
    ),
  ];
  return { object: { path, ...start, ...image, settings: shown ?? null }, rows };
}

function ofManifest(head: Rows, path: string, manifest: Manifest) {
  const { index, nextOffset, cleanTo, files } = manifest;
  const records = files.reduce((sum, file) => sum + file.records, 0);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const rows: Rows = [
    ...head,
    ["up to entry", String(index)],
    ["next offset", String(nextOffset)],
    ["no duplicates", `before offset ${cleanTo}`],
    ["holds", `${grouped(records)} of ${grouped(nextOffset)} offsets, ${megabytes(bytes)}`],
    ...files.map(
      (file) =>
        [
          "compacted",
          `${file.name}: offsets ${file.baseOffset} to ${file.nextOffset - 1}, ` +
            `${grouped(file.records)} records, ${megabytes(file.bytes)}`,
        ] as const,
    ),
  ];
  return { object: { path, ...manifest }, rows };
}
