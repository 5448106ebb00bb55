import { LogIndex } from "../common/brand.ts";
import { FatalError } from "../common/fatal-error.ts";
import type { FileSystem } from "./file-system.ts";
import { join, nameOf } from "./layout.ts";
import { checkpointName } from "./snapshots/checkpoint-name.ts";
import { faultIn, readCheckpoint } from "./snapshots/read-checkpoint.ts";
import type { LogStart } from "./snapshots/types.ts";
import type { HardStateRecord, SegmentRef } from "./types.ts";
import { glanceAtLog, type SegmentGlance } from "./verify/segment-glance.ts";

export type FoundManifest = Pick<HardStateRecord, "firstSegment" | "activeSegment" | "snapshot">;

/**
 * The manifest that the files themselves tell of, for a hard state that was lost: from the oldest
 * segment to the newest that has both its files and an intact index header. What is newer than
 * that was never named, and holes between show in the chain. A log that does not begin with entry 1
 * may have let its prefix go, or may have lost it: only the checkpoint before it can tell.
 * @param snapshots the folder of the checkpoints.
 * @returns nothing to write where there is no segment.
 * @throws FatalError("corruption") where nothing vouches for the oldest segment.
 */
export async function manifestOfFiles(
  fileSystem: FileSystem,
  directory: string,
  snapshots: string,
): Promise<FoundManifest | undefined> {
  const names = (await fileSystem.list(directory)) ?? [];
  const { segments } = await glanceAtLog(fileSystem, directory, names);
  const refs = segments.flatMap((segment) => refOf(segment) ?? []);
  const firstSegment = refs.at(0);
  if (firstSegment === undefined) return undefined;
  const found = { firstSegment, activeSegment: refs.at(-1) };
  if (firstSegment.firstIndex === 1) return { ...found, snapshot: undefined };
  const index = LogIndex(firstSegment.firstIndex - 1);
  const start = await startAt(fileSystem, snapshots, index);
  if (start !== undefined) return { ...found, snapshot: start.last };
  throw new FatalError(
    "corruption",
    `${directory}: the log begins with entry ${firstSegment.firstIndex}, the hard state that ` +
      `could say so is lost, and no intact ${join(nameOf(snapshots), checkpointName(index))} ` +
      "is there; " +
      "next: keep this data directory, start the node with an empty one",
  );
}

async function startAt(
  fileSystem: FileSystem,
  directory: string,
  index: LogIndex,
): Promise<LogStart | undefined> {
  const name = checkpointName(index);
  if ((await fileSystem.list(directory))?.includes(name) !== true) return undefined;
  const { found } = await readCheckpoint(fileSystem, join(directory, name), index);
  return faultIn(found) === undefined && found.kind === "valid"
    ? found.checkpoint.start
    : undefined;
}

function refOf({ logBytes, header }: SegmentGlance): SegmentRef | undefined {
  if (logBytes === undefined || typeof header === "string") return undefined;
  return { baseOffset: header.baseOffset, firstIndex: header.firstIndex };
}
