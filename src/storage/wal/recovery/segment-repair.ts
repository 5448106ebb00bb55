import type { LogIndex } from "../../../common/brand.ts";
import { encodeIndexHeader } from "../index-header.ts";
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
  if (rows.fileBytes > indexBytes(proven)) await files.index.truncate(indexBytes(proven));
  // What is seen here (rows, and cuts too) may have reached the page cache only.
  await files.index.sync();
  if (logBytes > frameBytes) await files.log.truncate(frameBytes);
  await files.log.sync();
  if (logBytes > frameBytes) {
    const what = active ? "never acknowledged" : "an unfinished footer";
    notes.push(`cut ${logBytes - frameBytes} bytes (${what}) off ${files.log.path}`);
  }
  // Where rows were damaged, frames that had been acknowledged lack theirs, too: a crash while such
  // a frame is written again could lose it. A row too many costs less: its entry would be faulty.
  if (active && proven < count && rows.headerFault === undefined) {
    const first = (segment.firstIndex + proven) as LogIndex;
    await rewriteFrames(files, segment.rows.position(first), Math.min(logBytes, frameBytes));
    notes.push(
      `wrote entries ${first} to ${segment.lastIndex} of ${files.log.path} again: they had no rows`,
    );
  }
  await mendRows(scan, files, notes);
  for (const { index, term, position, what } of scan.faulty)
    notes.push(
      `${files.log.path}: byte ${position} (entry ${index}, term ${term}): ${what}; ` +
        "another node is asked for the entry",
    );
  segment.diskBytes = frameBytes;
  segment.files = files;
}

/**
 * Rows, and then the header, so that a file with an intact header never lacks rows because of
 * damage. All frames are durable.
 */
export async function mendRows(
  scan: SegmentScan,
  files: SegmentFiles,
  notes: string[],
): Promise<void> {
  await addRows(scan, files, notes);
  await mendHeader(scan, files, notes);
}

async function mendHeader(
  { segment, rows }: SegmentScan,
  { index }: SegmentFiles,
  notes: string[],
): Promise<void> {
  const { headerFault: fault } = rows;
  if (fault === undefined) return;
  await index.write([encodeIndexHeader(segment.start)], 0);
  await index.sync();
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

async function addRows(scan: SegmentScan, { index }: SegmentFiles, notes: string[]): Promise<void> {
  const { segment, rows } = scan;
  const missing = missingRows(scan);
  if (missing.length === 0) return;
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
