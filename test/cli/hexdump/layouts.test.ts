import { describe, expect, it } from "vitest";
import { footerFields } from "../../../src/cli/hexdump/footer-fields.ts";
import { FRAME_FIELDS } from "../../../src/cli/hexdump/frame-fields.ts";
import { byteLines, fieldLine } from "../../../src/cli/hexdump/hex-text.ts";
import { type Field, readFields } from "../../../src/cli/hexdump/layout.ts";
import { INDEX_HEADER_FIELDS, rowFields } from "../../../src/cli/hexdump/row-fields.ts";
import { LogIndex, Offset, Term } from "../../../src/common/brand.ts";
import { encodeFrameInto, FRAME_HEADER_BYTES, viewOf } from "../../../src/common/frame.ts";
import { encodeFooter, type Footer } from "../../../src/storage/wal/footer.ts";
import {
  encodeIndexHeader,
  INDEX_HEADER_BYTES,
  ROW_BYTES,
  rowSeed,
} from "../../../src/storage/wal/index-header.ts";
import { signRow, writeRow } from "../../../src/storage/wal/row.ts";

const start = {
  ...{ baseOffset: Offset(700), firstIndex: LogIndex(30), prevTerm: Term(4), prevChain: 9 },
};

const footer: Footer = {
  ...{ baseOffset: Offset(700), nextOffset: Offset(900), firstIndex: LogIndex(30) },
  ...{ lastIndex: LogIndex(33), firstTerm: Term(4), lastTerm: Term(5) },
  ...{ firstTimestamp: 1_700_000_000_000, lastTimestamp: 1_700_000_000_001 },
  ...{ prevTerm: Term(4), prevChain: 9, lastChain: 0xabcdef, frameBytes: 70_000 },
  runs: [
    { term: Term(4), count: 3 },
    { term: Term(5), count: 1 },
  ],
  nonData: [{ index: LogIndex(33), position: 69_000 }],
  blockCrcs: [1, 2],
  sha256: new Uint8Array(32).fill(0xaa),
};

/** What the fields say of `bytes`, by name. */
function valuesOf(bytes: Uint8Array, fields: readonly Field[]): Record<string, string> {
  return Object.fromEntries(readFields(bytes, 0, fields).map(({ name, value }) => [name, value]));
}

describe("every layout", () => {
  it.each([
    ["frame header", FRAME_FIELDS, FRAME_HEADER_BYTES],
    ["index header", INDEX_HEADER_FIELDS, INDEX_HEADER_BYTES],
    ["row", rowFields(start), ROW_BYTES],
    ["footer", footerFields(footer), encodeFooter(footer).length],
  ])("names each byte of a %s once", (_, fields, length) => {
    let next = 0;
    for (const field of fields) {
      expect(field.at, field.name).toBe(next);
      next += field.length;
    }
    expect(next).toBe(length);
  });
});

describe("the fields", () => {
  it("of a frame are those that were written", () => {
    const payload = Buffer.from("hello");
    const bytes = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
    const stamp = {
      ...({ type: "data", index: LogIndex(3), term: Term(2), baseOffset: Offset(5) } as const),
      ...{ segmentFirstIndex: LogIndex(1), timestamp: 1_700_000_000_000, recordCount: 1 },
      producer: { id: 2 ** 53 - 1, epoch: 7, sequence: 11 },
    };
    encodeFrameInto(bytes, viewOf(bytes), 0, stamp, payload, 77);
    expect(valuesOf(bytes, FRAME_FIELDS)).toMatchObject({
      ...{ version: "1", type: "1 (data)", payloadLength: "5", index: "3", term: "2" },
      ...{ baseOffset: "5", segmentFirstIndex: "1", recordCount: "1" },
      timestamp: "1700000000000 (2023-11-14T22:13:20.000Z)",
      ...{ producerId: "9007199254740991", producerEpoch: "7", producerSequence: "11" },
      chain: viewOf(bytes).getUint32(72, true).toString(16).padStart(8, "0"),
    });
  });

  it("of a row are told relative and as they count", () => {
    const bytes = new Uint8Array(ROW_BYTES);
    const row = {
      ...{ index: LogIndex(32), position: 456, length: 99, offset: Offset(710) },
      ...{ recordCount: 70_000, term: Term(4), timestamp: 5, chain: 3 },
    };
    writeRow(viewOf(bytes), 0, start, row);
    signRow(viewOf(bytes), 0, 2, rowSeed(start));
    expect(valuesOf(bytes, rowFields(start))).toMatchObject({
      ...{ index: "2 (entry 32)", position: "456", length: "99", chain: "00000003" },
      ...{ offset: "10 (offset 710)", recordCount: "70000", term: "4" },
      ...{ timestamp: "5 (1970-01-01T00:00:00.005Z)", commitLag: "2 (knew commit 30)" },
    });
  });

  it("of headers and footers are those that were written", () => {
    expect(valuesOf(encodeIndexHeader(start), INDEX_HEADER_FIELDS)).toMatchObject({
      ...{
        magic: '"BALSAIDX"',
        rowBytes: "48",
        baseOffset: "700",
        firstIndex: "30",
        prevTerm: "4",
      },
    });
    expect(valuesOf(encodeFooter(footer), footerFields(footer))).toMatchObject({
      ...{ nextOffset: "900", lastChain: "00abcdef", frameBytes: "70000" },
      ...{ "runs[1].term": "5", "nonData[0].index": "3 (entry 33)", "blocks[1].crc": "00000002" },
      length: String(encodeFooter(footer).length),
    });
  });

  it("of a structure that is cut off are those that are there", () => {
    const fields = readFields(encodeIndexHeader(start).subarray(0, 20), 0, INDEX_HEADER_FIELDS);
    expect(fields.map(({ name }) => name)).toEqual(["magic", "version", "rowBytes"]);
  });
});

describe("lines", () => {
  it("put bytes beside what they mean, and payloads beside their ASCII", () => {
    const [field] = readFields(Uint8Array.of(0, 0, 2, 0), 100, [
      { name: "flags", at: 2, length: 2, read: () => "2" },
    ]);
    expect(field && fieldLine(field)).toBe(
      "       102  02 00                    flags               2",
    );
    expect([...byteLines(Buffer.from("hello, raft\n0123456"), 8)]).toEqual([
      "         8  68 65 6c 6c 6f 2c 20 72  61 66 74 0a 30 31 32 33  |hello, raft.0123|",
      "        24  34 35 36                                          |456|",
    ]);
  });
});
