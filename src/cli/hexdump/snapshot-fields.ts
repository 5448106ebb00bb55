import { type Field, magic, number, sum, time } from "./layout.ts";

/** The first 56 bytes of a checkpoint; its state and 32 bytes of SHA-256 follow. */
export const CHECKPOINT_FIELDS: readonly Field[] = [
  magic(0),
  number("version", 8, 4),
  number("stateLength", 12, 4),
  number("lastIndex", 16, 8),
  number("lastTerm", 24, 8),
  number("nextOffset", 32, 8),
  time("timestamp", 40),
  sum("chain", 48),
  number("zero", 52, 4),
];

/** The first 16 bytes of a manifest; its body and 32 bytes of SHA-256 follow. */
export const MANIFEST_FIELDS: readonly Field[] = [
  magic(0),
  number("version", 8, 4),
  number("bodyLength", 12, 4),
];

/** A SHA-256, eight bytes a line. */
export function sha256Fields(from: number): readonly Field[] {
  return [0, 1, 2, 3].map((part): Field => {
    const name = `sha256[${8 * part}]`;
    return { name, at: from + 8 * part, length: 8, read: () => "" };
  });
}

/** One row of a compacted file. */
export const COMPACTED_ROW_FIELDS: readonly Field[] = [
  number("offset", 0, 8),
  time("timestamp", 8),
  number("position", 16, 4),
  sum("prevChain", 20),
  number("number", 24, 4),
  sum("crc", 28),
];

/** What a compacted file ends with. */
export const COMPACTED_FOOTER_FIELDS: readonly Field[] = [
  magic(0),
  number("version", 8, 4),
  number("rowBytes", 12, 4),
  number("baseOffset", 16, 8),
  number("nextOffset", 24, 8),
  number("firstIndex", 32, 8),
  number("lastIndex", 40, 8),
  time("firstTimestamp", 48),
  time("lastTimestamp", 56),
  number("records", 64, 8),
  number("frameBytes", 72, 8),
  number("rows", 80, 4),
  sum("lastChain", 84),
  ...sha256Fields(88),
  sum("crc", 120),
  magic(124),
];
