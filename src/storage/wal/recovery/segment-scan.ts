import type { LogIndex } from "../../../common/brand.ts";
import { MAX_GROUP_BYTES } from "../../../common/limits.ts";
import type { File } from "../../file-system.ts";
import { damage, unknownVersion } from "../damage.ts";
import { INDEX_HEADER_BYTES, ROW_BYTES } from "../index-header.ts";
import { OpenSegment } from "../open-segment.ts";
import { type Row, rowPosition } from "../row.ts";
import { findFrame, type ScanEnd, scanFrames } from "./frame-scan.ts";
import { type RowScan, scanRows } from "./row-scan.ts";

/** A segment without footer as found, with what has to be done to it. */
export interface SegmentScan {
  readonly segment: OpenSegment;
  readonly rows: RowScan;
  readonly logBytes: number;
  /** Why the frames end where they do. */
  readonly end: ScanEnd;
}

/** Reads a segment without footer: every row, every frame. Touches nothing. */
export async function scanSegment(stem: string, log: File, index: File): Promise<SegmentScan> {
  const rows = await scanRows(index);
  const { baseOffset, firstIndex, prevTerm, prevChain } = rows.header;
  const segment = new OpenSegment(stem, { baseOffset, firstIndex, prevTerm, prevChain });
  const logBytes = await log.size();
  const end = await scanFrames(log, logBytes, segment);
  if (end.fault === "version")
    throw unknownVersion(
      { file: log.path, byte: segment.rows.frameBytes, index: segment.lastIndex + 1 },
      "a frame is",
    );
  for (let at = 0; at < Math.min(rows.proven, segment.rows.count); at++) {
    const row = rows.row(at);
    if (row !== undefined) checkRow(index, segment, row);
  }
  return { segment, rows, logBytes, end };
}

/** An intact row that tells of another entry than the intact frame: two histories in one place. */
function checkRow(index: File, segment: OpenSegment, row: Row): void {
  const found = segment.rows.row(row.index);
  if (
    found.position === row.position &&
    found.length === row.length &&
    found.chain === row.chain &&
    found.offset === row.offset &&
    found.term === row.term &&
    found.timestamp === row.timestamp
  )
    return;
  throw damage(
    {
      file: index.path,
      byte: rowPosition(segment.start, row.index),
      index: row.index,
      term: row.term,
    },
    "the row does not tell of the frame that lies in the log, though both are intact",
  );
}

/**
 * Torn or damaged: decides about the bytes after the last good frame of the active segment. Cut is
 * only what nothing vouches for.
 * @throws FatalError("corruption") when they were durable once.
 */
export async function judgeEnd(scan: SegmentScan, log: File): Promise<void> {
  const { segment, rows, logBytes } = scan;
  const next = (segment.lastIndex + 1) as LogIndex;
  const byte = segment.rows.frameBytes;
  if (rows.proven > segment.rows.count) throw damaged(scan, log, "a row proves that it was synced");
  if (rows.knownCommit >= next) throw damaged(scan, log, "a row knows that it was committed");
  if (logBytes <= byte + MAX_GROUP_BYTES) return;
  const later = await findFrame(log, logBytes, byte + MAX_GROUP_BYTES, segment);
  if (later !== undefined)
    throw damaged(scan, log, `the frame at byte ${later} was written only after it was synced`);
}

/** A closed segment ends where the next one begins: everything in it was synced before that. */
export function judgeClosed(scan: SegmentScan, log: File, nextFirstIndex: LogIndex): void {
  const { segment, rows } = scan;
  if (segment.lastIndex + 1 < nextFirstIndex)
    throw damaged(scan, log, "the next segment proves that it was synced");
  if (segment.lastIndex + 1 > nextFirstIndex || rows.proven > segment.rows.count)
    throw damage(
      { file: log.path, byte: segment.rows.frameBytes, index: nextFirstIndex },
      "two segments hold the same entry",
    );
}

function damaged({ segment, rows, end }: SegmentScan, log: File, proof: string): Error {
  const row = rows.row(segment.rows.count);
  const place = {
    file: log.path,
    byte: segment.rows.frameBytes,
    index: segment.lastIndex + 1,
    term: row?.term,
  };
  return damage(place, `${end.what}, and ${proof}`);
}

/** Slots in which an entry that is there has no intact row, as runs first..last. */
export function missingRows({ segment, rows }: SegmentScan): (readonly [LogIndex, LogIndex])[] {
  const runs: [LogIndex, LogIndex][] = [];
  for (let at = 0; at < segment.rows.count; at++) {
    if (rows.row(at) !== undefined) continue;
    const index = (segment.firstIndex + at) as LogIndex;
    const run = runs.at(-1);
    if (run?.[1] === index - 1) run[1] = index;
    else runs.push([index, index]);
  }
  return runs;
}

/** Length of an `.index` file whose rows are intact and complete. */
export function indexBytes(rows: number): number {
  return INDEX_HEADER_BYTES + rows * ROW_BYTES;
}
