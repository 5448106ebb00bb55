import type { FileSystem } from "../file-system.ts";
import type { EntryId } from "../../raft/types.ts";
import { join } from "../layout.ts";
import type { LogStart } from "../snapshots/types.ts";
import type { SegmentRef } from "../types.ts";
import { INDEX_HEADER_BYTES, type SegmentStart } from "../wal/index-header.ts";
import { startBehind } from "../wal/log-tail.ts";
import { isRepairName, segmentStem } from "../wal/segment-name.ts";
import type { VerifyCounts, VerifyFinding } from "./finding.ts";
import { damagedHead } from "./head-findings.ts";
import { checkSegment, type Neighbours, type SegmentReport } from "./segment-check.ts";
import {
  absentFile,
  absentRows,
  damagedFrames,
  discontinuity,
  droppedSegment,
  foreignFile,
  leftover,
  unfinishedRepair,
} from "./segment-findings.ts";
import {
  glanceAtLog,
  glanceAtSegment,
  isSealed,
  type SegmentGlance,
  startOf,
  using,
} from "./segment-glance.ts";

/** What the hard state says of the log. */
export interface Manifest {
  readonly firstSegment: SegmentRef | undefined;
  readonly activeSegment: SegmentRef | undefined;
  readonly snapshot: EntryId | undefined;
}

/** What is known of a log from outside it; each absent where nobody says it. */
export interface LogFacts extends Partial<Manifest> {
  /** Where entry 1 begins: the chain seed of the cluster. */
  readonly origin: SegmentStart | undefined;
  /** Where the intact checkpoints stand. */
  readonly starts?: readonly LogStart[];
  /** What the hard state says by now, should the node be running. */
  readonly manifestNow?: () => Promise<Manifest | undefined>;
}

/** Checks all segments among `names` in `directory`, and that each continues the one before. */
export async function* checkLog(
  fileSystem: FileSystem,
  directory: string,
  names: readonly string[],
  facts: LogFacts,
  counts: VerifyCounts,
): AsyncIterable<VerifyFinding> {
  const { segments, foreign } = await glanceAtLog(fileSystem, directory, names);
  for (const name of foreign) {
    const file = join(directory, name);
    yield isRepairName(name) ? unfinishedRepair(file) : foreignFile(file);
  }
  yield* checkEnds(directory, segments, facts);
  const { first, end } = namedBy(segments, facts);
  for (const glance of segments.slice(0, first)) yield droppedSegment(glance.logPath);
  yield* checkSegments(fileSystem, directory, segments.slice(first, end), facts, counts);
  for (const glance of segments.slice(end)) {
    const found = await checkLeftover(fileSystem, glance, counts);
    // A running node may have named it meanwhile, and filled it.
    const now = await facts.manifestNow?.();
    if (now?.activeSegment?.firstIndex === facts.activeSegment?.firstIndex) yield* found;
  }
}

/** The segments from the first to the active one; what a snapshot covers may lie before them. */
function namedBy(
  segments: readonly SegmentGlance[],
  { firstSegment, activeSegment, snapshot }: LogFacts,
): { readonly first: number; readonly end: number } {
  const covered =
    firstSegment !== undefined && firstSegment.firstIndex - 1 <= (snapshot?.index ?? 0);
  const first = covered ? positionOf(segments, firstSegment) : 0;
  const last = activeSegment === undefined ? -1 : positionOf(segments, activeSegment);
  return { first: Math.max(0, first), end: last < 0 ? segments.length : last + 1 };
}

/** The segments that the hard state names must be there. */
function* checkEnds(
  directory: string,
  segments: readonly SegmentGlance[],
  { firstSegment, activeSegment }: LogFacts,
): Iterable<VerifyFinding> {
  for (const [which, ref] of [
    ["oldest", firstSegment],
    ["active", activeSegment],
  ] as const) {
    if (ref === undefined || positionOf(segments, ref) >= 0) continue;
    const file = join(directory, `${segmentStem(ref, undefined)}.log`);
    yield absentFile(file, `absent; the hard state names it as the ${which} segment`);
  }
}

function positionOf(segments: readonly SegmentGlance[], ref: SegmentRef): number {
  const sameBase = ({ name }: SegmentGlance) => name.baseOffset === ref.baseOffset;
  const exact = segments.findIndex((s) => sameBase(s) && s.name.firstIndex === ref.firstIndex);
  if (exact >= 0) return exact;
  return segments.findIndex((s) => sameBase(s) && s.name.firstIndex === undefined);
}

async function* checkSegments(
  fileSystem: FileSystem,
  directory: string,
  segments: readonly SegmentGlance[],
  facts: LogFacts,
  counts: VerifyCounts,
): AsyncIterable<VerifyFinding> {
  const lastSealed = segments.findLastIndex(isSealed);
  let expectedStart = expectedOfFirst(segments, facts);
  for (const [at, glance] of segments.entries()) {
    const halfGone = glance.logBytes === undefined || glance.header === "absent";
    if (halfGone && (await frontHasMoved(facts))) {
      expectedStart = undefined;
      continue;
    }
    const next = segments[at + 1];
    const neighbours: Neighbours = {
      expectedStart,
      nextFirstIndex: next && startOf(next)?.firstIndex,
      laterSealed: at < lastSealed,
    };
    yield* checkNames(directory, glance, segments[at - 1], expectedStart);
    const report = await checkCalmly(fileSystem, directory, glance, neighbours);
    if (report !== undefined) addTo(counts, glance, report);
    yield* report?.findings ?? [];
    if (glance.headFault !== undefined) yield damagedHead(glance.logPath, glance.headFault);
    expectedStart = report?.nextStart;
  }
}

/** A running node has let segments go since the first look: missing files may be theirs. */
async function frontHasMoved({ firstSegment, manifestNow }: LogFacts): Promise<boolean> {
  const now = await manifestNow?.();
  return now !== undefined && now.firstSegment?.firstIndex !== firstSegment?.firstIndex;
}

/** Where the oldest segment must begin: with the cluster, or behind a checkpoint. */
function expectedOfFirst(
  [first]: readonly SegmentGlance[],
  { origin, firstSegment, starts = [] }: LogFacts,
): SegmentStart | undefined {
  const firstIndex = firstSegment?.firstIndex ?? (first && startOf(first)?.firstIndex);
  if (firstIndex === 1) return origin;
  const start = starts.find(({ last }) => last.index + 1 === firstIndex);
  return start && startBehind(start);
}

function* checkNames(
  directory: string,
  glance: SegmentGlance,
  previous: SegmentGlance | undefined,
  expected: SegmentStart | undefined,
): Iterable<VerifyFinding> {
  const { logBytes, logPath, header, indexPath, stem } = glance;
  if (logBytes === undefined) yield absentFile(logPath, "absent; its .index file is there");
  if (header === "absent") yield absentRows(indexPath);
  const start = startOf(glance);
  if (start === undefined || expected === undefined) return;
  const place = { file: logPath, byte: 0, index: start.firstIndex };
  if (start.firstIndex > expected.firstIndex) {
    const missing = segmentStem(expected, previous && startOf(previous));
    const file = join(directory, `${missing}.log`);
    yield absentFile(file, `absent; entries ${expected.firstIndex} to ${start.firstIndex - 1}`);
  } else if (
    start.firstIndex !== expected.firstIndex ||
    start.baseOffset !== expected.baseOffset ||
    start.prevTerm !== expected.prevTerm ||
    start.prevChain !== expected.prevChain
  )
    yield discontinuity({
      ...place,
      what:
        previous === undefined
          ? strangerOf(expected)
          : `the segment does not continue ${previous.stem}.log`,
    });
  if (segmentStem(start, previous && startOf(previous)) !== stem)
    yield discontinuity({ ...place, what: "the file's name does not fit the entries in it" });
}

function strangerOf({ firstIndex }: SegmentStart): string {
  if (firstIndex === 1) return "the log belongs to another cluster, or to other voters";
  return `the segment does not continue the checkpoint of entry ${firstIndex - 1}`;
}

/**
 * On a live node a cut, a roll or a seal may fall between two reads. What such a moment shows is
 * gone at a second look; damage is not.
 */
async function checkCalmly(
  fileSystem: FileSystem,
  directory: string,
  glance: SegmentGlance,
  neighbours: Neighbours,
): Promise<SegmentReport | undefined> {
  if (glance.logBytes === undefined) return undefined;
  try {
    const report = await checkSegment(fileSystem, glance, neighbours);
    if (isSealed(glance) || report.findings.length === 0) return report;
  } catch (error) {
    if (await isThere(fileSystem, directory, glance)) throw error;
    return undefined;
  }
  const names = (await fileSystem.list(directory)) ?? [];
  const again = await glanceAtSegment(fileSystem, directory, glance.name, names);
  if (again.logBytes === undefined) return undefined;
  return checkSegment(fileSystem, again, neighbours);
}

async function isThere(
  fileSystem: FileSystem,
  directory: string,
  { stem }: SegmentGlance,
): Promise<boolean> {
  const names = await fileSystem.list(directory);
  return names?.includes(`${stem}.log`) ?? false;
}

function addTo(counts: VerifyCounts, glance: SegmentGlance, report: SegmentReport): void {
  counts.files += glance.header === "absent" ? 1 : 2;
  counts.segments++;
  if (isSealed(glance)) counts.sealedSegments++;
  counts.frames += report.tally.frames;
  counts.records += report.tally.records;
  counts.rows += report.rows;
  counts.bytes += report.bytes;
}

/** Newer than the active segment: a roll or a cut that was interrupted leaves it empty. */
async function checkLeftover(
  fileSystem: FileSystem,
  { logPath, indexPath, logBytes, header }: SegmentGlance,
  counts: VerifyCounts,
): Promise<readonly VerifyFinding[]> {
  const files: (readonly [path: string, emptyBytes: number])[] = [];
  if (logBytes !== undefined) files.push([logPath, 0]);
  if (header !== "absent") files.push([indexPath, INDEX_HEADER_BYTES]);
  const findings: VerifyFinding[] = [];
  for (const [file, emptyBytes] of files) {
    counts.files++;
    const bytes = await using(fileSystem, file, (opened) => opened.size());
    counts.bytes += bytes;
    if (bytes <= emptyBytes) continue;
    const what = "the segment holds entries, and the hard state does not name it";
    findings.push(
      damagedFrames({ file, byte: emptyBytes, what }, "a segment is named before it is filled"),
    );
  }
  return findings.length > 0 ? findings : [leftover(files[0]?.[0] ?? logPath)];
}
