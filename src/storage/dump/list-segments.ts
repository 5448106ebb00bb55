import { LogIndex, Offset } from "../../common/brand.ts";
import type { FileSystem } from "../file-system.ts";
import type { SegmentStatus } from "../types.ts";
import { FileWindow } from "../verify/file-window.ts";
import { walkFrames } from "../verify/frame-walk.ts";
import { type SegmentGlance, startOf, using } from "../verify/segment-glance.ts";
import { SegmentTally } from "../verify/segment-tally.ts";
import { lookAtSegments } from "./look-at-segments.ts";

/**
 * The segments of a data directory (or of its `log/`, or one file), oldest first, from the bytes
 * alone and without the lock: sealed ones by their footers, others by their frames.
 * @throws FatalError("io") where the path cannot be read, FatalError("config") where no segment is.
 */
export async function listSegments(
  fileSystem: FileSystem,
  path: string,
): Promise<readonly SegmentStatus[]> {
  const glances = await lookAtSegments(fileSystem, path);
  const found: SegmentStatus[] = [];
  for (const [at, glance] of glances.entries()) {
    const isLast = at === glances.length - 1;
    const status = sealedStatus(glance) ?? (await openStatus(fileSystem, glance, isLast));
    if (status !== undefined) found.push(status);
  }
  return found;
}

function sealedStatus(glance: SegmentGlance): SegmentStatus | undefined {
  const { footer, stem, logBytes, storedBytes } = glance;
  if (typeof footer !== "object" || logBytes === undefined) return undefined;
  return {
    file: `${stem}.log`,
    state: "sealed",
    baseOffset: footer.baseOffset,
    nextOffset: footer.nextOffset,
    firstIndex: footer.firstIndex,
    lastIndex: footer.lastIndex,
    bytes: logBytes,
    firstTimestamp: footer.firstTimestamp,
    lastTimestamp: footer.lastTimestamp,
    ...(storedBytes === undefined ? {} : { storedBytes }),
  };
}

/** Reads the frames up to the first that is not whole. */
async function openStatus(
  fileSystem: FileSystem,
  glance: SegmentGlance,
  isLast: boolean,
): Promise<SegmentStatus | undefined> {
  const { stem, name, logPath, logBytes } = glance;
  if (logBytes === undefined) return undefined;
  const start = startOf(glance);
  const tally = new SegmentTally();
  let bytes = 0;
  await using(fileSystem, logPath, async (file) => {
    const from = { firstIndex: start?.firstIndex, chain: start?.prevChain };
    for await (const found of walkFrames(new FileWindow(file, logBytes), from)) {
      if (found.kind === "fault") break;
      tally.add(found);
      bytes = found.position + found.bytes.length;
    }
  });
  const { first, last } = tally;
  const firstIndex = start?.firstIndex ?? first?.index ?? LogIndex(0);
  const baseOffset = start?.baseOffset ?? name.baseOffset;
  return {
    file: `${stem}.log`,
    state: isLast ? "active" : "closed",
    baseOffset,
    nextOffset: last === undefined ? baseOffset : Offset(last.baseOffset + last.recordCount),
    firstIndex,
    lastIndex: last?.index ?? LogIndex(Math.max(0, firstIndex - 1)),
    bytes,
    firstTimestamp: first?.timestamp ?? 0,
    lastTimestamp: last?.timestamp ?? 0,
  };
}
