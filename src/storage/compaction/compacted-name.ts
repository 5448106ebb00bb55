import type { LogIndex, Offset } from "../../common/brand.ts";
import { deflatedFrom } from "../compression/compressed-name.ts";

const COMPACTED = /^\d{20}-[1-9]\d{0,15}(?:-[1-9]\d{0,3})?\.compacted$/;
const MANIFEST = /^(\d{20})\.manifest$/;
const UNFINISHED = /^(?:\d{20}-[1-9]\d{0,15}\.\d{1,9}\.compacted|\d{20}\.manifest)\.tmp$/;

function digits(value: number): string {
  return String(value).padStart(20, "0");
}

/**
 * Names a compacted file by the first offset it stands for and the snapshot index it was made at.
 * `copy`: 1, 2 … where an installed file meets a name that is taken.
 */
export function compactedName(baseOffset: Offset, index: LogIndex, copy = 0): string {
  return `${digits(baseOffset)}-${index}${copy === 0 ? "" : `-${copy}`}.compacted`;
}

/** Names a compacted file while it is written; `number` tells those of one run apart. */
export function unfinishedName(baseOffset: Offset, index: LogIndex, number: number): string {
  return `${digits(baseOffset)}-${index}.${number}.compacted.tmp`;
}

export function manifestName(index: LogIndex): string {
  return `${digits(index)}.manifest`;
}

export function isCompactedName(name: string): boolean {
  return COMPACTED.test(name);
}

/** The index that a manifest's name tells; absent when the name is no manifest's. */
export function manifestIndex(name: string): LogIndex | undefined {
  const index = Number(MANIFEST.exec(name)?.[1]);
  return Number.isSafeInteger(index) && index > 0 ? (index as LogIndex) : undefined;
}

/** Whether only compaction makes such names: what no manifest names may then be removed. */
export function isCompactionName(name: string): boolean {
  if (COMPACTED.test(name) || MANIFEST.test(name) || UNFINISHED.test(name)) return true;
  return COMPACTED.test(deflatedFrom(name) ?? "");
}
