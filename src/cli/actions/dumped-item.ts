import {
  type DumpedCheckpoint,
  dumpCheckpoints,
  isCheckpointPath,
} from "../../storage/dump/dump-checkpoints.ts";
import { type DumpedFrame, dumpFrames } from "../../storage/dump/dump-frames.ts";
import {
  dumpCompacted,
  type DumpedManifest,
  dumpManifests,
  holdsSnapshots,
  isCompactedPath,
  isManifestPath,
} from "../../storage/dump/dump-prefix.ts";
import type { FileSystem } from "../../storage/file-system.ts";

/** What `dump` shows one of at a time. */
export type DumpedItem =
  | { readonly kind: "checkpoint"; readonly item: DumpedCheckpoint }
  | { readonly kind: "manifest"; readonly item: DumpedManifest }
  | { readonly kind: "frame"; readonly item: DumpedFrame };

/** Checkpoints, manifests, compacted frames, then those of the log, or what the one file holds. */
export async function* itemsIn(fileSystem: FileSystem, path: string): AsyncIterable<DumpedItem> {
  const isDirectory = await holdsSnapshots(fileSystem, path);
  if (isCheckpointPath(path) || isDirectory)
    for (const item of await dumpCheckpoints(fileSystem, path)) yield { kind: "checkpoint", item };
  if (isManifestPath(path) || isDirectory)
    for (const item of await dumpManifests(fileSystem, path)) yield { kind: "manifest", item };
  if (isCompactedPath(path) || isDirectory)
    for await (const item of dumpCompacted(fileSystem, path)) yield { kind: "frame", item };
  if (isCheckpointPath(path) || isManifestPath(path) || isCompactedPath(path)) return;
  for await (const item of dumpFrames(fileSystem, path)) yield { kind: "frame", item };
}

/** Last entry that a file of `snapshots/` covers, or the entry of a frame; absent: damaged. */
export function indexOf({ kind, item }: DumpedItem): number | undefined {
  if (item.fault !== undefined) return undefined;
  if (kind === "checkpoint") return item.start?.last.index;
  return kind === "manifest" ? item.manifest?.index : item.header?.index;
}

/** A checkpoint or a manifest, as lines for a person. */
export function linesOf(dumped: Exclude<DumpedItem, { kind: "frame" }>): readonly string[] {
  const { kind, item } = dumped;
  const head = `${item.file}\n  ${kind}, ${item.bytes} bytes`;
  if (item.fault !== undefined) return [`${head} ✕ ${item.fault}`];
  return [head, ...(kind === "checkpoint" ? checkpointLines(item) : manifestLines(item))];
}

function checkpointLines({ start, state }: DumpedCheckpoint): readonly string[] {
  if (start === undefined) return [];
  const { last, nextOffset, timestamp, chain } = start;
  return [
    `  entry ${last.index} of term ${last.term}, next offset ${nextOffset}, ` +
      `${new Date(timestamp).toISOString()}, chain ${chain.toString(16).padStart(8, "0")}`,
    `  ${state ?? ""}`,
  ];
}

function manifestLines({ manifest }: DumpedManifest): readonly string[] {
  if (manifest === undefined) return [];
  const { index, nextOffset, cleanTo, covers, files } = manifest;
  return [
    `  entry ${index}, next offset ${nextOffset}, clean to ${cleanTo}, ${covers.length} covers`,
    ...files.map(
      (file) =>
        `  ${file.name}: offsets ${file.baseOffset} to ${file.nextOffset - 1}, ` +
        `${file.records} records, ${file.bytes} bytes, sha256 ${file.sha256}`,
    ),
  ];
}
