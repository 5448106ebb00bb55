import type { FileSystem } from "../file-system.ts";
import { join, nameOf, SNAPSHOT_DIRECTORY } from "../layout.ts";
import { manifestIndex } from "../compaction/compacted-name.ts";
import { readManifest } from "../compaction/manifest-file.ts";
import type { SegmentStatus } from "../types.ts";
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
  return files.map(({ name, bytes, baseOffset, nextOffset, firstIndex, lastIndex, ...rest }) => {
    const { firstTimestamp, lastTimestamp, records } = rest;
    return {
      ...{ file: name, state: "sealed", bytes, baseOffset, nextOffset, firstIndex, lastIndex },
      ...{ firstTimestamp, lastTimestamp, records },
    };
  });
}

/** A segment file that is named has no snapshots of its own. */
async function namesIn(fileSystem: FileSystem, path: string): Promise<readonly string[]> {
  if (parseSegmentFileName(nameOf(path)) !== undefined) return [];
  const entries = (await fileSystem.list(path)) ?? [];
  if (!entries.includes(SNAPSHOT_DIRECTORY)) return [];
  return (await fileSystem.list(join(path, SNAPSHOT_DIRECTORY))) ?? [];
}
