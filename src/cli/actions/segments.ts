import { invalidValue } from "../failure.ts";
import { grouped, megabytes } from "../numbers.ts";
import { type Column, type OutputFormat, printObject, printRows } from "../output.ts";
import {
  findSegments,
  type FoundSegments,
  type SegmentTarget,
  type SegmentView,
} from "../segment-view.ts";
import { say } from "../terminal.ts";
import { momentText, untilText } from "../when.ts";

type SegmentsArguments = SegmentTarget & { readonly format: OutputFormat };

const right = "right" as const;
const COLUMNS: readonly Column<SegmentView>[] = [
  { header: "BASE", align: right, value: ({ baseOffset }) => baseOffset },
  { header: "NEXT", align: right, value: ({ nextOffset }) => nextOffset },
  { header: "RECORDS", align: right, value: ({ records }) => records ?? "-" },
  { header: "BYTES", align: right, value: ({ bytes }) => bytes },
  { header: "STATE", value: ({ state }) => state },
  { header: "FIRST TIME", value: (segment) => timeOf(segment, segment.firstTimestamp) },
  { header: "LAST TIME", value: (segment) => timeOf(segment, segment.lastTimestamp) },
];
const LIVE_COLUMNS: readonly Column<SegmentView>[] = [
  { header: "WHY", value: ({ reason }) => reason ?? "-" },
  { header: "GOES", value: goesText },
];
const STORED_COLUMN: Column<SegmentView> = {
  header: "STORED",
  align: right,
  value: ({ storedBytes }) => storedBytes ?? "-",
};
const FILE_COLUMN: Column<SegmentView> = { header: "FILE", value: ({ file }) => file };

export async function listSegments(args: SegmentsArguments): Promise<void> {
  const found = await findSegments(args);
  const why = found.live === undefined ? [] : LIVE_COLUMNS;
  const stored = found.segments.some(isCompressed) ? [STORED_COLUMN] : [];
  const columns = [...COLUMNS, ...stored, ...why, FILE_COLUMN];
  await printRows(args.format, found.segments, columns);
  if (args.format === "table") for (const line of summaryOf(found)) say(line);
}

export async function showSegment(
  args: SegmentsArguments & { readonly base: number },
): Promise<void> {
  const { where, segments, live } = await findSegments(args);
  const found = segments.filter(({ baseOffset }) => baseOffset === args.base);
  if (found.length === 0) {
    if (args.base < (live?.logStartOffset ?? 0))
      throw invalidValue(
        "<base>",
        `${args.base} is gone: the log starts at ${live?.logStartOffset}`,
      );
    const bases = segments.map(({ baseOffset }) => baseOffset).join(", ");
    throw invalidValue("<base>", `${where} has no segment ${args.base}`, `it has ${bases}`);
  }
  // A segment without records shares its base offset with its successor; JSON has one value.
  const [whole] = found.toSorted((a, b) => entriesIn(b) - entriesIn(a));
  const text = found.map((segment) => describe(where, segment)).join("\n\n");
  if (whole !== undefined) await printObject(args.format, whole, text);
}

/** How much there is, and what keeps the oldest of it. */
function summaryOf({ where, segments, live }: FoundSegments): readonly string[] {
  const bytes = sizeOf(segments, "bytes");
  const ends = live && `, offsets ${live.logStartOffset} to ${live.highWatermark}`;
  const lines = [`${where}: ${countOf(segments)}, ${megabytes(bytes)}${ends ?? ""}`];
  const compressed = segments.filter(isCompressed);
  if (compressed.length > 0) {
    const [plain, stored] = [sizeOf(compressed, "bytes"), sizeOf(compressed, "storedBytes")];
    const ratio = ratioText(plain, stored);
    lines.push(`compressed: ${countOf(compressed)}, ${megabytes(plain)} in ${ratio}`);
  }
  const going = segments.filter(({ reason }) => reason === "goes next");
  if (going.length > 0) lines.push(`on its way out: ${countOf(going)}`);
  const kept = segments.find(({ reason }) => reason !== "goes next" && reason !== "active");
  if (kept?.reason !== undefined)
    lines.push(`kept by: ${kept.reason}: ${kept.explanation} (segment ${kept.baseOffset})`);
  return lines;
}

function isCompressed({ storedBytes }: SegmentView): boolean {
  return storedBytes !== undefined;
}

function sizeOf(segments: readonly SegmentView[], which: "bytes" | "storedBytes"): number {
  return segments.reduce((sum, segment) => sum + (segment[which] ?? 0), 0);
}

/** `6.1 MB (3.9 : 1)` */
function ratioText(bytes: number, storedBytes: number): string {
  return `${megabytes(storedBytes)} (${(bytes / storedBytes).toFixed(1)} : 1)`;
}

function countOf({ length }: readonly unknown[]): string {
  return length === 1 ? "1 segment" : `${grouped(length)} segments`;
}

function describe(where: string, segment: SegmentView): string {
  const { file, state, baseOffset, nextOffset, firstIndex, lastIndex, bytes } = segment;
  const { records, reason, explanation, storedBytes } = segment;
  const held = records === undefined ? "some are compacted away" : `${grouped(records)} records`;
  const offsets = nextOffset === baseOffset ? "none" : `${baseOffset} to ${nextOffset - 1}`;
  const rows: [string, string][] = [
    ["file", `${file} of ${where}`],
    ["state", state],
    ["offsets", `${offsets} (${held})`],
    ["indexes", `${firstIndex} to ${lastIndex} (${grouped(entriesIn(segment))} entries)`],
    ["bytes", `${bytes} (${megabytes(bytes)})`],
    ["first time", timeOf(segment, segment.firstTimestamp)],
    ["last time", timeOf(segment, segment.lastTimestamp)],
  ];
  if (storedBytes !== undefined)
    rows.push(["on disk", `${storedBytes} (${ratioText(bytes, storedBytes)})`]);
  if (reason !== undefined) rows.push(["why", `${reason}: ${explanation}`]);
  if (reason !== undefined) rows.push(["goes", goesSentence(segment)]);
  return rows.map(([name, value]) => `${name.padEnd(10)}  ${value}`).join("\n");
}

function goesText({ reason, goesAt }: SegmentView): string {
  if (reason === "goes next") return "next";
  return goesAt === undefined ? "-" : untilText(goesAt);
}

function goesSentence({ reason, goesAt }: SegmentView): string {
  if (reason === "goes next") return "next";
  if (goesAt !== undefined) return `at ${momentText(goesAt)}, ${untilText(goesAt)}, by its age`;
  return reason === "active" ? "not while it is written" : "no time is set for it";
}

function entriesIn({ firstIndex, lastIndex }: SegmentView): number {
  return lastIndex - firstIndex + 1;
}

function timeOf(segment: SegmentView, timestamp: number): string {
  return entriesIn(segment) === 0 ? "-" : momentText(timestamp);
}
