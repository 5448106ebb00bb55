import { existsSync } from "node:fs";
import { listCompacted } from "../storage/dump/list-compacted.ts";
import { listSegments } from "../storage/dump/list-segments.ts";
import { nodeFileSystem } from "../storage/node-file-system.ts";
import type { WireSegmentOutlook } from "../wire/admin-messages.ts";
import { withClient } from "./open-client.ts";

export interface SegmentTarget {
  /** A node's name or a path; absent: the leader. */
  readonly where: string | undefined;
  readonly endpoints: string | undefined;
  readonly timeoutMs: number;
}

/** A segment as a command shows it: of a directory nothing is known of why and when. */
export interface SegmentView extends Omit<WireSegmentOutlook, "reason" | "explanation" | "goesAt"> {
  /** Of a compacted one absent where only a node was asked. */
  readonly records?: number | undefined;
  readonly reason?: string | undefined;
  readonly explanation?: string | undefined;
  /** Milliseconds since 1970. */
  readonly goesAt?: number | undefined;
}

export interface FoundSegments {
  /** The node that answered, or the path. */
  readonly where: string;
  readonly segments: readonly SegmentView[];
  /** Absent for a directory. */
  readonly live: { readonly logStartOffset: number; readonly highWatermark: number } | undefined;
}

/** Compacted segments first, then those of the log, oldest first. */
export async function findSegments(target: SegmentTarget): Promise<FoundSegments> {
  const { where } = target;
  if (where !== undefined && isPath(where)) return ofDirectory(where);
  return withClient(target, async (client) => {
    const answer = await client.admin.segments({ member: where, timeoutMs: target.timeoutMs });
    const { nodeId, segments, ...live } = answer;
    return { where: nodeId, segments: segments.map(withRecords), live };
  });
}

/** A node is named without a slash; anything that exists is a path. */
export function isPath(where: string): boolean {
  return where.includes("/") || existsSync(where);
}

async function ofDirectory(where: string): Promise<FoundSegments> {
  const compacted = await listCompacted(nodeFileSystem, where);
  const segments = await listSegments(nodeFileSystem, where);
  const views = compacted.map((segment) => ({ ...segment, state: "compacted" }));
  return { where, segments: [...views, ...segments.map(withRecords)], live: undefined };
}

function withRecords(segment: Omit<SegmentView, "records">): SegmentView {
  if (segment.state === "compacted") return segment;
  return { ...segment, records: segment.nextOffset - segment.baseOffset };
}
