import type { LogIndex, Offset } from "../../common/brand.ts";
import { deflatedFrom } from "../compression/compressed-name.ts";
import type { SegmentRef } from "../types.ts";

const NAME = /^(\d{20})(?:-([1-9]\d{0,15}))?\.(log|index)$/;

const REPAIR_SUFFIX = ".repair";

/** What a file name in `log/` says. */
export interface SegmentFileName {
  /** The name without `.log` or `.index`. */
  readonly stem: string;
  readonly baseOffset: Offset;
  /** Only in the name of a segment that shares its base offset with the one before. */
  readonly firstIndex: LogIndex | undefined;
  readonly kind: "log" | "index";
}

/**
 * Names a segment by its base offset, 20 digits. A segment without records leaves its base offset
 * to its successor, whose name then adds the index of its first entry.
 */
export function segmentStem(segment: SegmentRef, previous: SegmentRef | undefined): string {
  const base = String(segment.baseOffset).padStart(20, "0");
  return previous?.baseOffset === segment.baseOffset ? `${base}-${segment.firstIndex}` : base;
}

/** Reads a file name; absent when the log never writes such a name. */
export function parseSegmentFileName(name: string): SegmentFileName | undefined {
  const [, base, first, kind] = NAME.exec(name) ?? [];
  const baseOffset = Number(base);
  const firstIndex = first === undefined ? undefined : Number(first);
  if (!Number.isSafeInteger(baseOffset) || !Number.isSafeInteger(firstIndex ?? 0)) return undefined;
  return {
    stem: name.slice(0, name.lastIndexOf(".")),
    baseOffset: baseOffset as Offset,
    firstIndex: firstIndex as LogIndex | undefined,
    kind: kind === "log" ? "log" : "index",
  };
}

/** Names the file that is written beside `name` and then renamed over it. */
export function repairName(name: string): string {
  return `${name}${REPAIR_SUFFIX}`;
}

/** Whether a repair or a compression that was interrupted left the file. */
export function isRepairName(name: string): boolean {
  const repaired = name.endsWith(REPAIR_SUFFIX) ? name.slice(0, -REPAIR_SUFFIX.length) : undefined;
  return parseSegmentFileName(repaired ?? deflatedFrom(name) ?? "") !== undefined;
}

/** Orders names as their segments follow each other: the plain name is the first of its base. */
export function compareSegmentNames(
  a: Pick<SegmentFileName, "baseOffset" | "firstIndex">,
  b: Pick<SegmentFileName, "baseOffset" | "firstIndex">,
): number {
  return a.baseOffset - b.baseOffset || (a.firstIndex ?? 0) - (b.firstIndex ?? 0);
}
