import type { SegmentStart } from "../../storage/wal/index-header.ts";
import { type Field, magic, number, relative, sum, time } from "./layout.ts";

/** The first 48 bytes of an `.index` file. */
export const INDEX_HEADER_FIELDS: readonly Field[] = [
  magic(0),
  number("version", 8, 4),
  number("rowBytes", 12, 4),
  number("baseOffset", 16, 8),
  number("firstIndex", 24, 8),
  number("prevTerm", 32, 8),
  sum("prevChain", 40),
  sum("crc", 44),
];

/** One row; without its segment's start, relative values stay what they are. */
export function rowFields(start: SegmentStart | undefined): readonly Field[] {
  return [
    relative("index", 0, 4, start?.firstIndex, "entry"),
    number("position", 4, 4),
    number("length", 8, 4),
    sum("chain", 12),
    relative("offset", 16, 5, start?.baseOffset, "offset"),
    number("recordCount", 21, 3),
    number("term", 24, 8),
    time("timestamp", 32),
    { name: "commitLag", at: 40, length: 4, read: lagText(start) },
    sum("crc", 44),
  ];
}

function lagText(start: SegmentStart | undefined) {
  return (view: DataView, at: number): string => {
    const lag = view.getInt32(at, true);
    if (start === undefined) return String(lag);
    // The row begins with its index; the lag is what the known commit was behind it.
    const index = start.firstIndex + view.getUint32(at - 40, true);
    return `${lag} (knew commit ${index - lag})`;
  };
}
