import { ENTRY_TYPES } from "../../common/frame.ts";
import { type Field, number, sum, time } from "./layout.ts";

/** The 88 bytes before a payload, byte by byte: `docs/wal-format.md`. */
export const FRAME_FIELDS: readonly Field[] = [
  number("version", 0, 1),
  { name: "type", at: 1, length: 1, read: typeText },
  number("flags", 2, 2),
  number("payloadLength", 4, 4),
  number("index", 8, 8),
  number("term", 16, 8),
  number("baseOffset", 24, 8),
  number("segmentFirstIndex", 32, 8),
  time("timestamp", 40),
  number("recordCount", 48, 4),
  number("producerEpoch", 52, 4),
  number("producerId", 56, 8),
  number("producerSequence", 64, 8),
  sum("chain", 72),
  sum("payloadCrc", 76),
  sum("headerCrc", 80),
  number("reserved", 84, 4),
];

function typeText(view: DataView, at: number): string {
  const value = view.getUint8(at);
  return `${value} (${ENTRY_TYPES[value - 1] ?? "unknown"})`;
}
