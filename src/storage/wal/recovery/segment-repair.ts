import type { LogIndex } from "../../../common/brand.ts";
import { encodeIndexHeader, INDEX_HEADER_BYTES } from "../index-header.ts";
import type { SegmentFiles } from "../open-segment.ts";
import { rowPosition } from "../row.ts";
import { indexBytes, missingRows, type SegmentScan } from "./segment-scan.ts";

const PIECE_BYTES = 1 << 20;

/**
 * Makes the files of a segment without footer what the scan says they should be: cuts what was
 * never acknowledged, writes what is only in the page cache, adds missing rows. Every step may be
 * interrupted: the next start finds less to do. Damaged frames stay as they are.
 */
export async function repairSegment(
  scan: SegmentScan,
  files: SegmentFiles,
  active: boolean,
  notes: string[],
): Promise<void> {
  const { segment, rows, logBytes } = scan;
  const { frameBytes, count } = segment.rows;
  const proven = Math.min(rows.proven, count);
  if (rows.headerFault !== undefined) await writeHeader(scan, files, rows.headerFault, notes);
  if (rows.fileBytes > indexBytes(proven)) await files.index.truncate(indexBytes(proven));
  // What is seen here (rows, and cuts too) may have reached the page cache only.
  await files.index.sync();
  if (logBytes > frameBytes) await files.log.truncate(frameBytes);
  await files.log.sync();
  if (logBytes > frameBytes) {
    const what = active ? "never acknowledged" : "an unfinished footer";
    notes.push(`cut ${logBytes - frameBytes} bytes (${what}) off ${files.log.path}`);
  }
  if (active && proven < count) {
    const first = (segment.firstIndex + proven) as LogIndex;
    await rewriteFrames(files, segment.rows.position(first), Math.min(logBytes, frameBytes));
    notes.push(
      `wrote entries ${first} to ${segment.lastIndex} of ${files.log.path} again: they had no rows`,
    );
  }
  const missing = missingRows(scan);
  if (missing.length > 0) await addRows(scan, files, missing, notes);
  for (const { index, term, position, what } of scan.faulty)
    notes.push(
      `${files.log.path}: byte ${position} (entry ${index}, term ${term}): ${what}; ` +
        "another node is asked for the entry",
    );
  segment.diskBytes = frameBytes;
  segment.files = files;
}

/** In place: the rows that follow are intact, or are written again after it. */
async function writeHeader(
  { segment, rows }: SegmentScan,
  { index }: SegmentFiles,
  fault: string,
  notes: string[],
): Promise<void> {
  if (rows.fileBytes < INDEX_HEADER_BYTES && rows.fileBytes > 0) await index.truncate(0);
  await index.write([encodeIndexHeader(segment.start)], 0);
  notes.push(`wrote the header of ${index.path} again: ${fault}`);
}

/** Frames that only the page cache may hold: the same bytes in the same place, then synced. */
async function rewriteFrames({ log }: SegmentFiles, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += PIECE_BYTES) {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, to - at));
    await log.read(piece, at);
    await log.write([piece], at);
  }
  await log.sync();
}

async function addRows(
  { segment, rows }: SegmentScan,
  { index }: SegmentFiles,
  missing: readonly (readonly [LogIndex, LogIndex])[],
  notes: string[],
): Promise<void> {
  let added = 0;
  for (const [first, last] of missing) {
    const knownCommit = Math.min(rows.knownCommit, last);
    await index.write(
      [segment.rows.encode(first, last, knownCommit)],
      rowPosition(segment.start, first),
    );
    added += last - first + 1;
  }
  await index.sync();
  notes.push(`added ${added} missing rows to ${index.path}`);
}
