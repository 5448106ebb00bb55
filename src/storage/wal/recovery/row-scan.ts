import { viewOf } from "../../../common/frame.ts";
import type { File } from "../../file-system.ts";
import { damage, unknownVersion } from "../damage.ts";
import {
  decodeIndexHeader,
  INDEX_HEADER_BYTES,
  ROW_BYTES,
  rowSeed,
  type SegmentStart,
} from "../index-header.ts";
import { isRowIntact, type Row, readRow, rowKnownCommit, rowRelativeIndex } from "../row.ts";

/** An `.index` file as found. */
export interface RowScan {
  readonly start: SegmentStart;
  /** Why the header must be written again; absent when it is intact. */
  readonly headerFault: string | undefined;
  readonly fileBytes: number;
  /** Whole rows that the file has room for, intact or not. */
  readonly slots: number;
  /** Rows up to the last intact one. Each of them proves its frame, and all frames before. */
  readonly proven: number;
  /** The highest commit index that an intact row knows of. */
  readonly knownCommit: number;
  /** The row in slot `at`; absent when it is not intact. */
  row(at: number): Row | undefined;
}

/**
 * Reads an `.index` file whole; `file` is absent where there is none.
 * @param expected where the segment must begin, as its neighbour tells; it also stands in for a
 *   header that is damaged, because the sums of intact rows agree only with the right one.
 * @throws FatalError("corruption") when the header is damaged and nothing stands in for it,
 *   FatalError("config") when it was written by another version.
 */
export async function scanRows(
  path: string,
  file: File | undefined,
  expected: SegmentStart | undefined,
): Promise<RowScan> {
  const fileBytes = file === undefined ? 0 : await file.size();
  const bytes = Buffer.allocUnsafeSlow(fileBytes);
  const filled = file === undefined ? 0 : await file.read(bytes, 0);
  const header = decodeIndexHeader(bytes.subarray(0, filled));
  const place = { file: path, byte: 0 };
  if (header === "version") throw unknownVersion(place, "the header is");
  const fault = typeof header !== "string" ? undefined : faultWords(header, file === undefined);
  const start = typeof header === "string" ? expected : header;
  if (start === undefined)
    throw damage(place, `${fault}, and nothing else tells where the segment begins`);
  const rest = bytes.subarray(Math.min(INDEX_HEADER_BYTES, filled), filled);
  return { start, headerFault: fault, fileBytes, ...readRows(rest, start) };
}

function faultWords(fault: "cut" | "damaged", absent: boolean): string {
  if (absent) return "the file is absent";
  return fault === "cut" ? "the header is cut off" : "the header does not match its checksum";
}

function readRows(
  bytes: Uint8Array,
  start: SegmentStart,
): Pick<RowScan, "slots" | "proven" | "knownCommit" | "row"> {
  const view = viewOf(bytes);
  const seed = rowSeed(start);
  const slots = Math.floor(view.byteLength / ROW_BYTES);
  const row = (at: number): Row | undefined => {
    const byte = at * ROW_BYTES;
    if (at >= slots || !isRowIntact(view, byte, seed)) return undefined;
    return rowRelativeIndex(view, byte) === at ? readRow(view, byte, start) : undefined;
  };
  let proven = 0;
  let knownCommit = 0;
  for (let at = 0; at < slots; at++) {
    if (row(at) === undefined) continue;
    proven = at + 1;
    knownCommit = Math.max(knownCommit, rowKnownCommit(view, at * ROW_BYTES, start));
  }
  return { slots, proven, knownCommit, row };
}
