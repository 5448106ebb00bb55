import { storedBytesOf } from "../compression/inflating-file-system.ts";
import type { File, FileSystem } from "../file-system.ts";
import { join, nameOf, SNAPSHOT_DIRECTORY } from "../layout.ts";
import { manifestIndex } from "../compaction/compacted-name.ts";
import { segmentOf } from "../compaction/manifest.ts";
import { readManifest } from "../compaction/manifest-file.ts";
import type { SegmentStatus } from "../types.ts";
import { using } from "../verify/segment-glance.ts";
import { parseSegmentFileName } from "../wal/segment-name.ts";

/** A compacted segment, with the number of records that survived in it. */
export interface CompactedStatus extends SegmentStatus {
  readonly records: number;
}

/**
 * The compacted prefix of a data directory by its newest manifest, oldest first; empty where there
 * is none, or where `path` is no data directory.
 * @throws FatalError("corruption") naming a manifest that is damaged
 */
export async function listCompacted(
  fileSystem: FileSystem,
  path: string,
): Promise<readonly CompactedStatus[]> {
  const directory = join(path, SNAPSHOT_DIRECTORY);
  const names = await namesIn(fileSystem, path);
  const indexes = names.flatMap((name) => manifestIndex(name) ?? []).sort((a, b) => a - b);
  const newest = indexes.at(-1);
  if (newest === undefined) return [];
  const { files } = await readManifest(fileSystem, directory, newest);
  const found: CompactedStatus[] = [];
  for (const file of files) {
    const path = join(directory, file.name);
    const held = names.includes(file.name);
    const stored = held ? await using(fileSystem, path, storedOf) : {};
    found.push({ ...segmentOf(file), records: file.records, ...stored });
  }
  return found;
}

function storedOf(file: File): Promise<Pick<SegmentStatus, "storedBytes">> {
  const storedBytes = storedBytesOf(file);
  return Promise.resolve(storedBytes === undefined ? {} : { storedBytes });
}

/** A segment file that is named has no snapshots of its own. */
async function namesIn(fileSystem: FileSystem, path: string): Promise<readonly string[]> {
  if (parseSegmentFileName(nameOf(path)) !== undefined) return [];
  const entries = (await fileSystem.list(path)) ?? [];
  if (!entries.includes(SNAPSHOT_DIRECTORY)) return [];
  return (await fileSystem.list(join(path, SNAPSHOT_DIRECTORY))) ?? [];
}
