import type { LogIndex } from "../../../common/brand.ts";
import { MAX_GROUP_BYTES } from "../../../common/limits.ts";
import type { File } from "../../file-system.ts";
import type { FaultyEntry } from "../../types.ts";
import { damage } from "../damage.ts";
import { INDEX_HEADER_BYTES, ROW_BYTES, type SegmentStart } from "../index-header.ts";
import { OpenSegment } from "../open-segment.ts";
import { type Row, rowPosition } from "../row.ts";
import { SegmentWalk, type Walked, type WalkEnd } from "../segment-walk.ts";
import { findFrame } from "./frame-scan.ts";
import { type RowScan, scanRows } from "./row-scan.ts";

/** A segment without footer as found, with what has to be done to it. */
export interface SegmentScan {
  readonly segment: OpenSegment;
  readonly rows: RowScan;
  readonly logBytes: number;
  /** Why the entries end where they do. */
  readonly end: WalkEnd;
  /** Entries whose frames are damaged; in `segment` they are by their rows. */
  readonly faulty: readonly (FaultyEntry & { readonly what: string })[];
}

export interface ScanSource {
  readonly stem: string;
  readonly log: File;
  readonly indexPath: string;
  /** Absent where there is no such file. */
  readonly index: File | undefined;
  /** Where the segment must begin, as the one before tells. */
  readonly expected: SegmentStart | undefined;
  /** First entry of the next segment: all before it were synced. Absent in the active one. */
  readonly nextFirstIndex: LogIndex | undefined;
}

/**
 * Reads a segment without footer: every row, every frame. Touches nothing.
 * @throws FatalError("corruption") where an entry that was durable once has lost its identity.
 */
export async function scanSegment(source: ScanSource): Promise<SegmentScan> {
  const { stem, log, indexPath, index, expected } = source;
  const rows = await scanRows(indexPath, index, expected);
  const { baseOffset, firstIndex, prevTerm, prevChain } = rows.start;
  const segment = new OpenSegment(stem, { baseOffset, firstIndex, prevTerm, prevChain });
  const logBytes = await log.size();
  const walk = new SegmentWalk({
    log,
    end: logBytes,
    start: segment.start,
    rowOf: (at) => rows.row(at - firstIndex),
    proof: (at, position) => proofOf({ source, rows, logBytes }, at, position),
  });
  const faulty: (FaultyEntry & { readonly what: string })[] = [];
  for (let found = await walk.next(); found !== undefined; found = await walk.next())
    take(segment, found, faulty);
  for (let at = 0; at < Math.min(rows.proven, segment.rows.count); at++) {
    const row = rows.row(at);
    if (row !== undefined) checkRow(indexPath, segment, row);
  }
  const end = walk.end ?? { fault: "end", what: "" };
  const scan = { segment, rows, logBytes, end, faulty };
  checkExtent(scan, source);
  return scan;
}

function take(
  segment: OpenSegment,
  found: Walked,
  faulty: (FaultyEntry & { readonly what: string })[],
): void {
  if (found.kind === "frames") {
    for (const frame of found.frames) segment.append(frame);
    segment.digest?.update(found.bytes);
    return;
  }
  const { row, what } = found;
  const { index, term, chain, position } = row;
  segment.appendFaulty(row);
  faulty.push({ index, term, chain, file: `${segment.stem}.log`, position, what });
}

/**
 * Torn or damaged: why the entry must have been durable once. Without any such evidence nobody was
 * ever told of it.
 */
async function proofOf(
  known: { readonly source: ScanSource; readonly rows: RowScan; readonly logBytes: number },
  index: LogIndex,
  position: number,
): Promise<string | undefined> {
  const { source, rows, logBytes } = known;
  const { firstIndex } = rows.start;
  const { nextFirstIndex, log } = source;
  if (nextFirstIndex !== undefined)
    return index < nextFirstIndex ? "the next segment proves that it was synced" : undefined;
  if (rows.proven > index - firstIndex) return "a row proves that it was synced";
  if (rows.knownCommit >= index) return "a row knows that it was committed";
  const rest = logBytes - position;
  if (rows.headerFault !== undefined && rows.proven === 0 && rest > 0)
    return `nobody can tell whether it was synced (${source.indexPath}: ${rows.headerFault})`;
  if (rest <= MAX_GROUP_BYTES) return undefined;
  const wanted = { segmentFirstIndex: firstIndex, index };
  const later = await findFrame(log, logBytes, position + MAX_GROUP_BYTES, wanted);
  return later === undefined
    ? undefined
    : `the frame at byte ${later} was written only after it was synced`;
}

/** An intact row that tells of another entry than the intact frame: two histories in one place. */
function checkRow(indexPath: string, segment: OpenSegment, row: Row): void {
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
      file: indexPath,
      byte: rowPosition(segment.start, row.index),
      index: row.index,
      term: row.term,
    },
    "the row does not tell of the frame that lies in the log, though both are intact",
  );
}

/** A closed segment ends where the next one begins: everything in it was synced before that. */
function checkExtent({ segment, rows }: SegmentScan, { log, nextFirstIndex }: ScanSource): void {
  if (nextFirstIndex === undefined) return;
  if (segment.lastIndex + 1 > nextFirstIndex || rows.proven > segment.rows.count)
    throw damage(
      { file: log.path, byte: segment.rows.frameBytes, index: nextFirstIndex },
      "two segments hold the same entry",
    );
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
