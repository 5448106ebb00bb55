import { createHash } from "node:crypto";
import type { LogIndex, Offset } from "../../common/brand.ts";
import { viewOf } from "../../common/frame.ts";
import type { SegmentStatus } from "../types.ts";
import { isCount, isPlainObject, type JsonFields } from "../json-fields.ts";
import { type CompactedFooter, FOOTER_COUNTS } from "./compacted-footer.ts";
import { isCompactedName } from "./compacted-name.ts";

/**
 * `<S>.manifest`: which files make up the compacted prefix at S.
 *
 * ```
 *  0 magic "BALSAMFT" | 8 version u32 | 12 bodyLength u32
 * 16 body … (JSON), then SHA-256 of everything before it (32 bytes)
 * ```
 */
export const MANIFEST_VERSION = 1;
const MAGIC = Buffer.from("BALSAMFT");
const BODY_AT = 16;
const SHA_BYTES = 32;

/** One file of the prefix: as its footer has it, with the sum over the whole file. */
export interface CompactedFile extends Omit<CompactedFooter, "sha256"> {
  readonly name: string;
  readonly bytes: number;
  /** Of the whole file, hexadecimal. */
  readonly sha256: string;
  /** Its window is complete and was merged: the strategy `time-window` leaves it alone. */
  readonly settled: boolean;
}

/** A snapshot that was compacted up to. */
export interface Cover {
  readonly nextOffset: Offset;
  /** Of the `control: snapshot` entry. */
  readonly timestamp: number;
}

export interface Manifest {
  /** S. */
  readonly index: LogIndex;
  /** Offset after the records of entry S. */
  readonly nextOffset: Offset;
  /** Below it no record is superseded by another one below it. */
  readonly cleanTo: Offset;
  /**
   * Records before it are gone for good, `nextOffset` at most: what was trimmed when this was
   * written. In the body only where it is not 0.
   */
  readonly logStartOffset: Offset;
  /** Ascending: the first one above a tombstone says since when it ages. */
  readonly covers: readonly Cover[];
  /** Ascending, disjoint. */
  readonly files: readonly CompactedFile[];
}

/** Before the first compaction. */
export const NO_PREFIX: Manifest = {
  index: 0 as LogIndex,
  nextOffset: 0 as Offset,
  cleanTo: 0 as Offset,
  logStartOffset: 0 as Offset,
  covers: [],
  files: [],
};

export function encodeManifest(manifest: Manifest): Uint8Array {
  const { logStartOffset, ...rest } = manifest;
  const body = Buffer.from(JSON.stringify(logStartOffset > 0 ? manifest : rest));
  const bytes = new Uint8Array(BODY_AT + body.length + SHA_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC);
  view.setUint32(8, MANIFEST_VERSION, true);
  view.setUint32(12, body.length, true);
  bytes.set(body, BODY_AT);
  bytes.set(shaOf(bytes), bytes.length - SHA_BYTES);
  return bytes;
}

/** Reads a manifest whole; `damaged` also when a field is not what it should be. */
export function decodeManifest(bytes: Uint8Array): Manifest | "damaged" | "version" {
  if (bytes.length < BODY_AT + SHA_BYTES || MAGIC.compare(bytes, 0, 8) !== 0) return "damaged";
  if (!shaOf(bytes).equals(bytes.subarray(bytes.length - SHA_BYTES))) return "damaged";
  const view = viewOf(bytes);
  if (view.getUint32(8, true) !== MANIFEST_VERSION) return "version";
  if (BODY_AT + view.getUint32(12, true) + SHA_BYTES !== bytes.length) return "damaged";
  const text = Buffer.from(bytes.subarray(BODY_AT, bytes.length - SHA_BYTES)).toString();
  const body: unknown = JSON.parse(text);
  const untrimmed = isPlainObject(body) ? { logStartOffset: 0, ...body } : body;
  return isManifest(untrimmed) ? untrimmed : "damaged";
}

function shaOf(bytes: Uint8Array): Buffer {
  return createHash("sha256")
    .update(bytes.subarray(0, bytes.length - SHA_BYTES))
    .digest();
}

const MANIFEST_COUNTS = ["index", "nextOffset", "cleanTo", "logStartOffset"] as const;

function isManifest(body: unknown): body is Manifest {
  if (!isPlainObject(body) || !hasCounts(body, MANIFEST_COUNTS)) return false;
  const { covers, files } = body;
  if (!Array.isArray(covers) || !Array.isArray(files)) return false;
  return covers.every(isCover) && files.every(isFile);
}

function isCover(cover: unknown): boolean {
  return isPlainObject(cover) && hasCounts(cover, ["nextOffset", "timestamp"]);
}

const FILE_COUNTS = ["bytes", ...FOOTER_COUNTS] as const;

function isFile(file: unknown): boolean {
  if (!isPlainObject(file) || !hasCounts(file, FILE_COUNTS)) return false;
  const { name, sha256, settled } = file;
  if (typeof name !== "string" || !isCompactedName(name)) return false;
  return typeof sha256 === "string" && typeof settled === "boolean";
}

function hasCounts(fields: JsonFields, names: readonly string[]): boolean {
  return names.every((name) => isCount(fields[name]));
}

/** Position of the first file that stands for offsets past `from`; behind all when none does. */
export function firstEndingAfter(files: readonly CompactedFile[], from: Offset): number {
  let low = 0;
  let high = files.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((files[middle] as CompactedFile).nextOffset > from) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Records held, and frame bytes not yet compared with everything older. */
export function fragmentationOf({ files, cleanTo }: Pick<Manifest, "files" | "cleanTo">): {
  readonly records: number;
  readonly dirtyBytes: number;
} {
  let records = 0;
  let dirtyBytes = 0;
  for (const file of files) {
    records += file.records;
    if (file.nextOffset > cleanTo) dirtyBytes += file.frameBytes;
  }
  return { records, dirtyBytes };
}

/** As segments of the log are told of. */
export function segmentOf(file: CompactedFile): SegmentStatus {
  const { name, baseOffset, nextOffset, firstIndex, lastIndex, bytes } = file;
  const { firstTimestamp, lastTimestamp } = file;
  return {
    ...{ file: name, state: "sealed", bytes },
    ...{ baseOffset, nextOffset, firstIndex, lastIndex, firstTimestamp, lastTimestamp },
  };
}
