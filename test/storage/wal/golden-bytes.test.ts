import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { LogIndex, Offset, Term } from "../../../src/common/brand.ts";
import { decodeFrame, encodeFrame, viewOf } from "../../../src/common/frame.ts";
import { decodeFooter, encodeFooter, type Footer } from "../../../src/storage/wal/footer.ts";
import { decodeIndexHeader, encodeIndexHeader } from "../../../src/storage/wal/index-header.ts";
import { RowTable } from "../../../src/storage/wal/row-table.ts";

/** These bytes lie on users' disks: a change here is a new format version, not a new golden. */
const START = {
  baseOffset: 48_211 as Offset,
  firstIndex: 7 as LogIndex,
  prevTerm: 2 as Term,
  prevChain: 0x01020304,
};

const FRAME = encodeFrame(
  {
    type: "data",
    index: 7 as LogIndex,
    term: 3 as Term,
    baseOffset: 48_211 as Offset,
    segmentFirstIndex: 7 as LogIndex,
    timestamp: 1_700_000_000_123,
    recordCount: 2,
    producer: { id: 2 ** 40 + 5, epoch: 9, sequence: 77 },
  },
  Buffer.from("balsa"),
  START.prevChain,
);

const FOOTER: Footer = {
  ...START,
  nextOffset: 48_213 as Offset,
  lastIndex: 8 as LogIndex,
  firstTerm: 3 as Term,
  lastTerm: 3 as Term,
  firstTimestamp: 1_700_000_000_123,
  lastTimestamp: 1_700_000_000_124,
  lastChain: 0xaabbccdd,
  frameBytes: 181,
  runs: [{ term: 3 as Term, count: 2 }],
  nonData: [{ index: 8 as LogIndex, position: 93 }],
  blockCrcs: [0x11223344],
  sha256: Uint8Array.from({ length: 32 }, (_, at) => at),
};

const hex = (bytes: Uint8Array): readonly string[] =>
  Buffer.from(bytes)
    .toString("hex")
    .match(/.{1,32}/g) ?? [];

describe("the bytes of version 1", () => {
  it("frame", () => {
    expect(hex(FRAME.bytes)).toMatchInlineSnapshot(`
      [
        "01010000050000000700000000000000",
        "030000000000000053bc000000000000",
        "07000000000000007b68e5cf8b010000",
        "02000000090000000500000000010000",
        "4d000000000000004d92ec3be90a20d9",
        "fbb455b20000000062616c7361",
      ]
    `);
    expect(decodeFrame(FRAME.bytes, 0, START.prevChain)).toEqual(FRAME);
  });

  it("index header", () => {
    const bytes = encodeIndexHeader(START);
    expect(hex(bytes)).toMatchInlineSnapshot(`
      [
        "42414c53414944580100000030000000",
        "53bc0000000000000700000000000000",
        "02000000000000000403020180b72cf8",
      ]
    `);
    expect(decodeIndexHeader(bytes)).toMatchObject(START);
  });

  it("row", () => {
    const rows = new RowTable(START);
    rows.append(FRAME.header);
    expect(hex(rows.encode(7 as LogIndex, 7 as LogIndex, 5))).toMatchInlineSnapshot(`
      [
        "00000000000000005d0000004d92ec3b",
        "00000000000200000300000000000000",
        "7b68e5cf8b010000020000009aa1e0df",
      ]
    `);
  });

  it("footer", () => {
    const bytes = encodeFooter(FOOTER);
    expect(hex(bytes)).toMatchInlineSnapshot(`
      [
        "42414c5341454e440100000000000100",
        "53bc00000000000055bc000000000000",
        "07000000000000000800000000000000",
        "03000000000000000300000000000000",
        "7b68e5cf8b0100007c68e5cf8b010000",
        "020000000000000004030201ddccbbaa",
        "b5000000000000000100000001000000",
        "01000000000000000001020304050607",
        "08090a0b0c0d0e0f1011121314151617",
        "18191a1b1c1d1e1f0300000000000000",
        "0200000000000000010000005d000000",
        "44332211c400000055c9f0b742414c53",
        "41454e44",
      ]
    `);
    expect(decodeFooter(bytes)).toEqual(FOOTER);
  });

  it("of a later version are told apart from damage", () => {
    const header = encodeIndexHeader(START);
    header[8] = 2;
    expect(decodeIndexHeader(header)).toBe("damaged");
    sum(header, 44);
    expect(decodeIndexHeader(header)).toBe("version");

    const footer = encodeFooter(FOOTER);
    footer[8] = 2;
    expect(decodeFooter(footer)).toBe("damaged");
    sum(footer, footer.length - 12);
    expect(decodeFooter(footer)).toBe("version");

    const frame = Buffer.from(FRAME.bytes);
    frame[0] = 2;
    expect(decodeFrame(frame, 0, START.prevChain)).toBe("header");
    sum(frame, 80);
    expect(decodeFrame(frame, 0, START.prevChain)).toBe("version");
  });
});

/** Puts the checksum of all bytes before `at` there. */
function sum(bytes: Uint8Array, at: number): void {
  viewOf(bytes).setUint32(at, crc32(bytes.subarray(0, at)), true);
}
