import { FRAME_HEADER_BYTES, viewOf } from "../../common/frame.ts";
import { dumpFrames, type DumpedFrame } from "../../storage/dump/dump-frames.ts";
import { lookAtSegments } from "../../storage/dump/look-at-segments.ts";
import type { File, FileSystem } from "../../storage/file-system.ts";
import { FileWindow } from "../../storage/verify/file-window.ts";
import type { SegmentGlance } from "../../storage/verify/segment-glance.ts";
import {
  decodeIndexHeader,
  INDEX_HEADER_BYTES,
  ROW_BYTES,
} from "../../storage/wal/index-header.ts";
import { isRowIntact } from "../../storage/wal/row.ts";
import { footerFields } from "./footer-fields.ts";
import { FRAME_FIELDS } from "./frame-fields.ts";
import { type ReadField, readFields } from "./layout.ts";
import { INDEX_HEADER_FIELDS, rowFields } from "./row-fields.ts";

/** Something with a layout, as it lies in a file. */
export interface Structure {
  readonly kind:
    | "frame"
    | "footer"
    | "index header"
    | "row"
    | "checkpoint"
    | "manifest"
    | "checksum";
  readonly file: string;
  readonly position: number;
  /** Entry that a frame or a row is of; absent where nobody can tell, and for the others. */
  readonly index: number | undefined;
  readonly fields: readonly ReadField[];
  /** Of a frame, a checkpoint or a manifest: what follows its header. Empty for the others. */
  readonly payload: Uint8Array;
  /** Why it is not what should lie there; absent when it is. */
  readonly fault: string | undefined;
}

const NOTHING = new Uint8Array(0);

/** The rows of an `.index` file; else the frames and footers of the segments of `path`. */
export async function* segmentStructuresIn(
  fileSystem: FileSystem,
  path: string,
): AsyncIterable<Structure> {
  for (const glance of await lookAtSegments(fileSystem, path))
    if (path.endsWith(".index")) yield* structuresOfIndex(fileSystem, glance.indexPath);
    else if (glance.logBytes !== undefined) yield* structuresOfLog(fileSystem, glance);
}

async function* structuresOfLog(
  fileSystem: FileSystem,
  { logPath: file, logBytes = 0, footer }: SegmentGlance,
): AsyncIterable<Structure> {
  const opened = await fileSystem.open(file, "read");
  try {
    const window = new FileWindow(opened, logBytes);
    for await (const frame of dumpFrames(fileSystem, file)) yield await frameOf(window, frame);
    if (typeof footer !== "object") return;
    const position = footer.frameBytes;
    const bytes = await window.at(position, logBytes - position);
    const fields = readFields(bytes.slice(), position, footerFields(footer));
    yield { ...plain("footer", file, position), fields };
  } finally {
    await opened.close();
  }
}

/** Read again from the file: of a damaged frame, what lies there is what matters. */
export async function frameOf(window: FileWindow, frame: DumpedFrame): Promise<Structure> {
  const { file, position, length = FRAME_HEADER_BYTES, header, fault } = frame;
  const bytes = (await window.at(position, length)).slice();
  const fields = readFields(bytes.subarray(0, FRAME_HEADER_BYTES), position, FRAME_FIELDS);
  const payload = bytes.subarray(FRAME_HEADER_BYTES);
  return { kind: "frame", file, position, index: header?.index, fields, payload, fault };
}

async function* structuresOfIndex(fileSystem: FileSystem, file: string): AsyncIterable<Structure> {
  const opened = await fileSystem.open(file, "read");
  try {
    yield* rowsIn(opened);
  } finally {
    await opened.close();
  }
}

async function* rowsIn(opened: File): AsyncIterable<Structure> {
  const file = opened.path;
  const window = new FileWindow(opened, await opened.size());
  const head = (await window.at(0, INDEX_HEADER_BYTES)).slice();
  const header = decodeIndexHeader(head);
  const start = typeof header === "string" ? undefined : header;
  const unread = typeof header === "string" ? `the header is ${header}` : undefined;
  const headFields = readFields(head, 0, INDEX_HEADER_FIELDS);
  yield { ...plain("index header", file, 0), fields: headFields, fault: unread };
  const layout = rowFields(start);
  for (let position = INDEX_HEADER_BYTES; position < window.end; position += ROW_BYTES) {
    const bytes = (await window.at(position, ROW_BYTES)).slice();
    const whole = bytes.length === ROW_BYTES;
    const intact = whole && (start === undefined || isRowIntact(viewOf(bytes), 0, start.crc));
    const fault = whole ? "it does not match its checksum" : "it is cut off";
    const index = start && intact ? start.firstIndex + viewOf(bytes).getUint32(0, true) : undefined;
    const fields = readFields(bytes, position, layout);
    yield { ...plain("row", file, position), index, fields, fault: intact ? undefined : fault };
  }
}

/** Nothing but where it is. */
export function plain(kind: Structure["kind"], file: string, position: number) {
  return { kind, file, position, index: undefined, payload: NOTHING, fault: undefined };
}
