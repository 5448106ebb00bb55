import type { LogIndex } from "../../common/brand.ts";
import { frameLength } from "../../common/frame.ts";
import type { File, FileSystem } from "../file-system.ts";
import { nameOf } from "../layout.ts";
import type { FaultyEntry } from "../types.ts";
import { viewOf } from "../../common/frame.ts";
import { encodeIndexHeader, INDEX_HEADER_BYTES, ROW_BYTES } from "./index-header.ts";
import { scanRows, type RowScan } from "./recovery/row-scan.ts";
import { type Row, signRow, writeRow } from "./row.ts";
import type { SealedSegment } from "./sealed-segment.ts";
import type { SegmentDisk } from "./segment-disk.ts";
import { SegmentWalk, type Walked } from "./segment-walk.ts";

export const FOOTER_PROOF = "the footer proves that it was synced";

export interface IndexRebuildOptions {
  readonly fileSystem: FileSystem;
  readonly disk: SegmentDisk;
  readonly segment: SealedSegment;
}

/**
 * Makes the `.index` file of a sealed segment again from its frames, and from what is left of it
 * where frames are damaged. The known commit in it is that of the segment's beginning: less than
 * was known, never more.
 * @returns the entries whose frames are damaged.
 * @throws FatalError("corruption") where row and frame of an entry are both damaged.
 */
export async function rebuildIndex(options: IndexRebuildOptions): Promise<readonly FaultyEntry[]> {
  const { fileSystem, disk, segment } = options;
  const path = disk.indexPath(segment.stem);
  const old = await oldRows(fileSystem, path, segment);
  const log = await fileSystem.open(disk.logPath(segment.stem), "read");
  const faulty: FaultyEntry[] = [];
  try {
    await disk.replace(path, async (file) => {
      await file.write([encodeIndexHeader(segment.start)], 0);
      await writeRows({ file, log, segment, old, faulty });
    });
  } finally {
    await log.close();
  }
  return faulty;
}

async function oldRows(
  fileSystem: FileSystem,
  path: string,
  { start }: SealedSegment,
): Promise<RowScan> {
  const directory = path.slice(0, path.lastIndexOf("/"));
  const there = (await fileSystem.list(directory))?.includes(nameOf(path)) === true;
  const file = there ? await fileSystem.open(path, "read") : undefined;
  try {
    return await scanRows(path, file, start);
  } finally {
    await file?.close();
  }
}

async function writeRows(work: {
  readonly file: File;
  readonly log: File;
  readonly segment: SealedSegment;
  readonly old: RowScan;
  readonly faulty: FaultyEntry[];
}): Promise<void> {
  const { file, log, segment, old, faulty } = work;
  const { start, firstIndex, lastIndex, frameBytes, stem } = segment;
  const walk = new SegmentWalk({
    log,
    end: frameBytes,
    start,
    rowOf: (index) => old.row(index - firstIndex),
    proof: (index) => (index <= lastIndex ? FOOTER_PROOF : undefined),
  });
  let at = INDEX_HEADER_BYTES;
  for (let found = await walk.next(); found !== undefined; found = await walk.next()) {
    const bytes = encodeRows(segment, rowsOf(found));
    await file.write([bytes], at);
    at += bytes.length;
    if (found.kind === "faulty") {
      const { index, term, chain, position } = found.row;
      faulty.push({ index, term, chain, file: `${stem}.log`, position });
    }
  }
}

export function rowsOf(found: Walked): readonly Row[] {
  if (found.kind === "faulty") return [found.row];
  let { position } = found;
  return found.frames.map(({ header }) => {
    const { index, term, timestamp, chain, baseOffset: offset, recordCount } = header;
    const length = frameLength(header);
    const row = { index, position, length, offset, recordCount, term, timestamp, chain };
    position += length;
    return row;
  });
}

function encodeRows({ start, rowSeed }: SealedSegment, rows: readonly Row[]): Uint8Array {
  const bytes = new Uint8Array(rows.length * ROW_BYTES);
  const view = viewOf(bytes);
  const knownCommit = start.firstIndex - 1;
  for (const [at, row] of rows.entries()) {
    writeRow(view, at * ROW_BYTES, start, row);
    signRow(view, at * ROW_BYTES, row.index - knownCommit, rowSeed);
  }
  return bytes;
}

/** Whether a walk of a sealed segment came to the end that its footer tells of. */
export function isWhole(walk: SegmentWalk, segment: SealedSegment): boolean {
  const next = (segment.lastIndex + 1) as LogIndex;
  return (
    walk.index === next && walk.position === segment.frameBytes && walk.chain === segment.lastChain
  );
}
