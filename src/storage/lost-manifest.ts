import type { FileSystem } from "./file-system.ts";
import type { HardStateRecord, SegmentRef } from "./types.ts";
import { glanceAtLog, type SegmentGlance } from "./verify/segment-glance.ts";

/**
 * The manifest that the files themselves tell of, for a hard state that was lost: from the oldest
 * segment to the newest that has both its files and an intact index header. What is newer than
 * that was never named, and holes between show in the chain.
 * @returns nothing to write where there is no segment.
 */
export async function manifestOfFiles(
  fileSystem: FileSystem,
  directory: string,
): Promise<Pick<HardStateRecord, "firstSegment" | "activeSegment"> | undefined> {
  const names = (await fileSystem.list(directory)) ?? [];
  const { segments } = await glanceAtLog(fileSystem, directory, names);
  const refs = segments.flatMap((segment) => refOf(segment) ?? []);
  const firstSegment = refs.at(0);
  return firstSegment && { firstSegment, activeSegment: refs.at(-1) };
}

function refOf({ logBytes, header }: SegmentGlance): SegmentRef | undefined {
  if (logBytes === undefined || typeof header === "string") return undefined;
  return { baseOffset: header.baseOffset, firstIndex: header.firstIndex };
}
