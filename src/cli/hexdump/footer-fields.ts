import { type Footer, FOOTER_TRAILER_BYTES } from "../../storage/wal/footer.ts";
import { type Field, magic, number, relative, sum, time } from "./layout.ts";

const FIXED: readonly Field[] = [
  magic(0),
  number("version", 8, 4),
  number("blockBytes", 12, 4),
  number("baseOffset", 16, 8),
  number("nextOffset", 24, 8),
  number("firstIndex", 32, 8),
  number("lastIndex", 40, 8),
  number("firstTerm", 48, 8),
  number("lastTerm", 56, 8),
  time("firstTimestamp", 64),
  time("lastTimestamp", 72),
  number("prevTerm", 80, 8),
  sum("prevChain", 88),
  sum("lastChain", 92),
  number("frameBytes", 96, 8),
  number("runs", 104, 4),
  number("nonData", 108, 4),
  number("blocks", 112, 4),
  number("reserved", 116, 4),
  ...[120, 128, 136, 144].map((at, part): Field => {
    return { name: `sha256[${8 * part}]`, at, length: 8, read: () => "" };
  }),
];
const FIXED_BYTES = 152;

/** A footer's fields: the fixed ones, its three lists, and what ends the file. */
export function footerFields(footer: Footer): readonly Field[] {
  const fields = [...FIXED];
  let at = FIXED_BYTES;
  for (const run of footer.runs.keys()) {
    fields.push(number(`runs[${run}].term`, at, 8), number(`runs[${run}].count`, at + 8, 8));
    at += 16;
  }
  for (const entry of footer.nonData.keys()) {
    const name = `nonData[${entry}]`;
    fields.push(relative(`${name}.index`, at, 4, footer.firstIndex, "entry"));
    fields.push(number(`${name}.position`, at + 4, 4));
    at += 8;
  }
  for (const block of footer.blockCrcs.keys()) {
    fields.push(sum(`blocks[${block}].crc`, at));
    at += 4;
  }
  fields.push(number("length", at, 4), sum("crc", at + 4));
  fields.push(magic(at + FOOTER_TRAILER_BYTES - 8));
  return fields;
}
