import {
  checkFrame,
  COMPACTED_FLAG,
  decodeHeader,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  frameLength,
  viewOf,
} from "../../common/frame.ts";
import type { LogIndex } from "../../common/brand.ts";
import { FAULT_WORDS } from "../wal/damage.ts";
import type { FileWindow } from "./file-window.ts";
import { findFrame, type WalkedFault, type WalkedFrame } from "./frame-walk.ts";

/** What the next frame must continue. */
interface Expected {
  position: number;
  chain: number | undefined;
  previous: FrameHeader | undefined;
}

/**
 * Every frame of a compacted file, in order, and every place where one should be and is not: the
 * chain runs from 0 through the file, indexes and offsets ascend and have holes. After a fault it
 * goes on at the next frame that can be found.
 */
export async function* walkCompacted(window: FileWindow): AsyncIterable<WalkedFrame | WalkedFault> {
  const expected: Expected = { position: 0, chain: 0, previous: undefined };
  while (expected.position < window.end) {
    const found = await step(window, expected);
    yield found;
    if (found.header !== undefined && found.kind === "frame") goOnAfter(expected, found.header);
    else if (!(await resume(window, expected, found as WalkedFault))) return;
  }
}

async function step(window: FileWindow, expected: Expected): Promise<WalkedFrame | WalkedFault> {
  const { position, chain } = expected;
  const head = await window.at(position, FRAME_HEADER_BYTES);
  const header = decodeHeader(head, 0);
  if (typeof header === "string") return faultAt(expected, header, undefined);
  const bytes = await window.at(position, frameLength(header));
  const checked = checkFrame(viewOf(bytes), 0, chain);
  if (typeof checked === "string") return faultAt(expected, checked, header);
  const words = misplacedWords(header, expected.previous);
  if (words !== undefined) return faultAt(expected, "misplaced", header, words);
  return { kind: "frame", position, header, bytes };
}

function faultAt(
  { position, previous }: Expected,
  fault: WalkedFault["fault"],
  header: FrameHeader | undefined,
  words?: string,
): WalkedFault {
  const what = fault === "misplaced" ? (words ?? fault) : FAULT_WORDS[fault];
  const index = header?.index ?? previous?.index ?? (0 as LogIndex);
  return { kind: "fault", position, index, fault, what, header };
}

/** Why an intact frame cannot lie behind `previous` in a compacted file; absent when it can. */
function misplacedWords(
  header: FrameHeader,
  previous: FrameHeader | undefined,
): string | undefined {
  if (header.flags !== COMPACTED_FLAG) return "a frame that compaction did not make lies there";
  if (header.type !== "data" || header.recordCount === 0)
    return `a ${header.type} entry with ${header.recordCount} records lies there`;
  if (previous === undefined) return undefined;
  if (header.baseOffset < previous.baseOffset + previous.recordCount)
    return `its offset ${header.baseOffset} is not behind the frame before`;
  if (header.index < previous.index)
    return `its entry ${header.index} is before that of the frame before`;
  if (header.term < previous.term || header.timestamp < previous.timestamp)
    return "its term or its time is before that of the frame before";
  return undefined;
}

function goOnAfter(expected: Expected, header: FrameHeader): void {
  expected.position += frameLength(header);
  expected.chain = header.chain;
  expected.previous = header;
}

async function resume(
  window: FileWindow,
  expected: Expected,
  { position, header, fault }: WalkedFault,
): Promise<boolean> {
  if (header !== undefined && fault !== "cut") {
    goOnAfter(expected, header);
    return true;
  }
  const index = expected.previous?.index;
  const next = await findFrame(window, position + 1, { index, segmentFirstIndex: undefined });
  if (next === undefined) return false;
  expected.position = next.position;
  expected.chain = undefined;
  return true;
}
