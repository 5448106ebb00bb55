import { viewOf } from "../../../common/frame.ts";
import type { File } from "../../file-system.ts";
import { damage, unknownVersion } from "../damage.ts";
import {
  decodeIndexHeader,
  INDEX_HEADER_BYTES,
  type IndexHeader,
  ROW_BYTES,
} from "../index-header.ts";
import { isRowIntact, type Row, readRow, rowKnownCommit, rowRelativeIndex } from "../row.ts";

/** An `.index` file as found. */
export interface RowScan {
  readonly header: IndexHeader;
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
 * Reads an `.index` file whole.
 * @throws FatalError("corruption") when its header is damaged, FatalError("config") when it was
 *   written by another version.
 */
export async function scanRows(file: File): Promise<RowScan> {
  const fileBytes = await file.size();
  const bytes = Buffer.allocUnsafeSlow(fileBytes);
  const filled = await file.read(bytes, 0);
  const header = decodeIndexHeader(bytes.subarray(0, filled));
  const place = { file: file.path, byte: 0 };
  if (header === "version") throw unknownVersion(place, "the header is");
  if (header === "cut") throw damage(place, "the header is cut off");
  if (header === "damaged") throw damage(place, "the header does not match its checksum");
  const view = viewOf(bytes.subarray(INDEX_HEADER_BYTES, filled));
  const slots = Math.floor(view.byteLength / ROW_BYTES);
  const row = (at: number): Row | undefined => {
    const byte = at * ROW_BYTES;
    if (at >= slots || !isRowIntact(view, byte, header.crc)) return undefined;
    return rowRelativeIndex(view, byte) === at ? readRow(view, byte, header) : undefined;
  };
  let proven = 0;
  let knownCommit = 0;
  for (let at = 0; at < slots; at++) {
    if (row(at) === undefined) continue;
    proven = at + 1;
    knownCommit = Math.max(knownCommit, rowKnownCommit(view, at * ROW_BYTES, header));
  }
  return { header, fileBytes, slots, proven, knownCommit, row };
}
