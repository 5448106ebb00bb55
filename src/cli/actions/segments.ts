import { existsSync } from "node:fs";
import { listSegments as segmentsIn } from "../../storage/dump/list-segments.ts";
import { nodeFileSystem } from "../../storage/node-file-system.ts";
import type { WireNodeStatus, WireSegment } from "../../wire/log-messages.ts";
import { resolveEndpoints } from "../endpoints.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure, invalidValue } from "../failure.ts";
import { grouped, megabytes } from "../numbers.ts";
import { type Column, type OutputFormat, printObject, printRows } from "../output.ts";
import { requireReachable } from "../reachable.ts";
import { askStatus } from "../status-call.ts";
import { leaderOf } from "./status.ts";

interface SegmentsArguments {
  /** A node's name or a path; absent: the leader. */
  readonly where: string | undefined;
  readonly endpoints: string | undefined;
  readonly timeoutMs: number;
  readonly format: OutputFormat;
}

const COLUMNS: readonly Column<WireSegment>[] = [
  { header: "BASE", align: "right", value: ({ baseOffset }) => baseOffset },
  { header: "NEXT", align: "right", value: ({ nextOffset }) => nextOffset },
  { header: "RECORDS", align: "right", value: (segment) => recordsIn(segment) },
  { header: "ENTRIES", align: "right", value: (segment) => entriesIn(segment) },
  { header: "BYTES", align: "right", value: ({ bytes }) => bytes },
  { header: "STATE", value: ({ state }) => state },
  { header: "FIRST TIME", value: (segment) => timeOf(segment, segment.firstTimestamp) },
  { header: "LAST TIME", value: (segment) => timeOf(segment, segment.lastTimestamp) },
  { header: "FILE", value: ({ file }) => file },
];

export async function listSegments(args: SegmentsArguments): Promise<void> {
  const { segments } = await findSegments(args);
  await printRows(args.format, segments, COLUMNS);
}

export async function showSegment(
  args: SegmentsArguments & { readonly base: number },
): Promise<void> {
  const { where, segments } = await findSegments(args);
  const found = segments.filter(({ baseOffset }) => baseOffset === args.base);
  if (found.length === 0) {
    const bases = segments.map(({ baseOffset }) => baseOffset).join(", ");
    throw invalidValue("<base>", `${where} has no segment ${args.base}`, `it has ${bases}`);
  }
  // A segment without records shares its base offset with its successor.
  for (const segment of found) await printObject(args.format, segment, describe(where, segment));
}

interface Found {
  readonly where: string;
  readonly segments: readonly WireSegment[];
}

async function findSegments(args: SegmentsArguments): Promise<Found> {
  const { where } = args;
  if (where !== undefined && (where.includes("/") || existsSync(where)))
    return { where, segments: await segmentsIn(nodeFileSystem, where) };
  const endpoints = resolveEndpoints(args.endpoints);
  await requireReachable(endpoints);
  const nodes = await askStatus(endpoints, args.timeoutMs);
  const node = where === undefined ? requireLeader(nodes) : requireNode(nodes, where);
  return { where: node.nodeId, segments: node.segments };
}

function requireLeader(nodes: readonly WireNodeStatus[]): WireNodeStatus {
  const leader = leaderOf(nodes);
  if (leader !== undefined) return leader;
  const hint = "name a node (n1) or a data directory (data/n1)";
  throw new Failure(EXIT.noQuorum, "NO_QUORUM", "no node leads", hint);
}

function requireNode(nodes: readonly WireNodeStatus[], name: string): WireNodeStatus {
  const names = nodes.map(({ nodeId }) => nodeId).join(", ");
  const node = nodes.find(({ nodeId }) => nodeId === name);
  if (node === undefined)
    throw invalidValue("<where>", `"${name}" is neither a node (${names}) nor a directory`);
  if (node.role !== "down") return node;
  const hint = `read its directory instead: balsa segments list data/${name}`;
  throw new Failure(EXIT.cannotConnect, "UNAVAILABLE", `${name} is down`, hint);
}

function describe(where: string, segment: WireSegment): string {
  const { file, state, baseOffset, nextOffset, firstIndex, lastIndex, bytes } = segment;
  const records = recordsIn(segment);
  const offsets = records === 0 ? "none" : `${baseOffset} to ${nextOffset - 1}`;
  const rows: readonly (readonly [string, string])[] = [
    ["file", `${file} of ${where}`],
    ["state", state],
    ["offsets", `${offsets} (${grouped(records)} records)`],
    ["indexes", `${firstIndex} to ${lastIndex} (${grouped(entriesIn(segment))} entries)`],
    ["bytes", `${bytes} (${megabytes(bytes)})`],
    ["first time", timeOf(segment, segment.firstTimestamp)],
    ["last time", timeOf(segment, segment.lastTimestamp)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(10)}  ${value}`).join("\n");
}

function recordsIn({ baseOffset, nextOffset }: WireSegment): number {
  return nextOffset - baseOffset;
}

function entriesIn({ firstIndex, lastIndex }: WireSegment): number {
  return lastIndex - firstIndex + 1;
}

function timeOf(segment: WireSegment, timestamp: number): string {
  return entriesIn(segment) === 0 ? "-" : new Date(timestamp).toISOString();
}
