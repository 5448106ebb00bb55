import type { LogIndex } from "../../common/brand.ts";
import {
  checkFrame,
  decodeHeader,
  FRAME_HEADER_BYTES,
  FRAME_VERSION,
  type FrameFault,
  type FrameHeader,
  frameLength,
  viewOf,
} from "../../common/frame.ts";
import { FAULT_WORDS } from "../wal/damage.ts";
import type { FileWindow } from "./file-window.ts";

/** A frame that is what its sums say. */
export interface WalkedFrame {
  readonly kind: "frame";
  readonly position: number;
  readonly header: FrameHeader;
  /** Header and payload; valid until the next step. */
  readonly bytes: Uint8Array;
}

/** Bytes that are not the frame that should lie there. */
export interface WalkedFault {
  readonly kind: "fault";
  readonly position: number;
  /** The entry that should lie there. */
  readonly index: LogIndex;
  readonly fault: FrameFault | "misplaced";
  readonly what: string;
  /** What the header says, where it is intact. */
  readonly header: FrameHeader | undefined;
}

export interface WalkStart {
  /** Absent where it is not known: the first frame says it. */
  readonly firstIndex: LogIndex | undefined;
  /** Chain of the entry before; absent: the first frame's is believed. */
  readonly chain: number | undefined;
}

/** What the next frame must continue. */
interface Expected {
  position: number;
  index: LogIndex | undefined;
  segmentFirstIndex: LogIndex | undefined;
  chain: number | undefined;
  previous: FrameHeader | undefined;
}

/**
 * Every frame of a segment, in order, and every place where one should be and is not. After a
 * fault it goes on at the next frame that can be found: behind the header's length where the
 * header is intact, else wherever an intact header of a later entry lies.
 */
export async function* walkFrames(
  window: FileWindow,
  start: WalkStart,
): AsyncIterable<WalkedFrame | WalkedFault> {
  const expected: Expected = {
    position: 0,
    index: start.firstIndex,
    segmentFirstIndex: start.firstIndex,
    chain: start.chain,
    previous: undefined,
  };
  while (expected.position < window.end) {
    const found = await step(window, expected);
    yield found;
    if (found.kind === "frame") goOnAfter(expected, found.position, found.header);
    else if (!(await resume(window, expected, found))) return;
  }
}

async function step(window: FileWindow, expected: Expected): Promise<WalkedFrame | WalkedFault> {
  const { position, chain } = expected;
  const head = await window.at(position, FRAME_HEADER_BYTES);
  const header = decodeHeader(head, 0);
  if (typeof header === "string") return faultAt(expected, header, undefined);
  const bytes = await window.at(position, frameLength(header));
  const misplaced = misplacedWords(header, expected);
  const checked = checkFrame(viewOf(bytes), 0, misplaced === undefined ? chain : undefined);
  if (typeof checked === "string") return faultAt(expected, checked, header);
  if (misplaced !== undefined) return faultAt(expected, "misplaced", header, misplaced);
  return { kind: "frame", position, header, bytes };
}

function faultAt(
  { position, index }: Expected,
  fault: WalkedFault["fault"],
  header: FrameHeader | undefined,
  words?: string,
): WalkedFault {
  const what = fault === "misplaced" ? (words ?? fault) : FAULT_WORDS[fault];
  const at = index ?? header?.index ?? (0 as LogIndex);
  return { kind: "fault", position, index: at, fault, what, header };
}

/** Why an intact header cannot be that of the next entry; absent when it can. */
function misplacedWords(header: FrameHeader, expected: Expected): string | undefined {
  const { index, segmentFirstIndex, previous } = expected;
  if (index !== undefined && header.index !== index)
    return `entry ${header.index} lies in its place`;
  if (segmentFirstIndex !== undefined && header.segmentFirstIndex !== segmentFirstIndex)
    return `a frame of the segment that begins with entry ${header.segmentFirstIndex} lies there`;
  if ((header.type === "data") !== header.recordCount > 0)
    return `a ${header.type} entry says that it has ${header.recordCount} records`;
  if (previous === undefined || previous.index + 1 !== header.index) return undefined;
  if (header.baseOffset !== previous.baseOffset + previous.recordCount)
    return `its offset ${header.baseOffset} does not follow the entry before`;
  if (header.term < previous.term || header.timestamp < previous.timestamp)
    return "its term or its time is before that of the entry before";
  return undefined;
}

function goOnAfter(expected: Expected, position: number, header: FrameHeader): void {
  expected.position = position + frameLength(header);
  expected.index = (header.index + 1) as LogIndex;
  expected.segmentFirstIndex ??= header.segmentFirstIndex;
  expected.chain = header.chain;
  expected.previous = header;
}

async function resume(
  window: FileWindow,
  expected: Expected,
  { position, header, fault }: WalkedFault,
): Promise<boolean> {
  if (header !== undefined && (fault === "payload" || fault === "chain")) {
    goOnAfter(expected, position, header);
    return true;
  }
  const next = await findFrame(window, position + 1, expected);
  if (next === undefined) return false;
  expected.position = next.position;
  expected.index = next.header.index;
  expected.chain = undefined;
  return true;
}

interface FoundHeader {
  readonly position: number;
  readonly header: FrameHeader;
}

/** The next intact header of an entry of this segment past the expected one, at any byte. */
export async function findFrame(
  window: FileWindow,
  from: number,
  { index, segmentFirstIndex }: Pick<Expected, "index" | "segmentFirstIndex">,
): Promise<FoundHeader | undefined> {
  const piece = 1 << 16;
  for (let at = from; at + FRAME_HEADER_BYTES <= window.end; at += piece) {
    const bytes = await window.at(at, piece + FRAME_HEADER_BYTES - 1);
    const view = viewOf(bytes);
    for (let i = 0; i + FRAME_HEADER_BYTES <= bytes.length; i++) {
      if (bytes[i] !== FRAME_VERSION) continue;
      const header = decodeHeader(bytes, i, view);
      if (typeof header === "string" || header.index < (index ?? 0)) continue;
      if (segmentFirstIndex !== undefined && header.segmentFirstIndex !== segmentFirstIndex)
        continue;
      return { position: at + i, header };
    }
  }
  return undefined;
}
