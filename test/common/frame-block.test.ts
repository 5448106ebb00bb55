import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import { crc32At } from "../../src/common/crc32-at.ts";
import { viewOf } from "../../src/common/frame.ts";
import { FrameBlock } from "../../src/common/frame-block.ts";
import { emptyTail, parseBlock, stampBlock } from "../../src/storage/index.ts";
import { RowTable } from "../../src/storage/wal/row-table.ts";
import { isRowIntact } from "../../src/storage/wal/row.ts";
import { ROW_BYTES, rowSeed } from "../../src/storage/wal/index-header.ts";
import { data, other } from "../storage/wal/support/log-bench.ts";

const SEED = 5;
const LARGE = { segmentBytes: 1 << 29, segmentMs: undefined };

function blockOf(count: number): FrameBlock {
  const inputs = Array.from({ length: count }, (_, at) =>
    at % 7 === 3 ? other("noop") : data(at, (at % 5) + 1, 90 + (at % 400)),
  );
  return stampBlock(emptyTail(SEED), LARGE, Term(4), 9, inputs);
}

describe("a block of frames", () => {
  it("says of each frame what its header says", () => {
    const block = blockOf(30);
    block.frames().forEach(({ header, bytes }, at) => {
      expect(block.frame(at).header).toEqual(header);
      expect(block.index(at)).toBe(header.index);
      expect(block.term(at)).toBe(header.term);
      expect(block.baseOffset(at)).toBe(header.baseOffset);
      expect(block.segmentFirstIndex(at)).toBe(header.segmentFirstIndex);
      expect(block.timestamp(at)).toBe(header.timestamp);
      expect(block.recordCount(at)).toBe(header.recordCount);
      expect(block.chain(at)).toBe(header.chain);
      expect(block.isData(at)).toBe(header.type === "data");
      expect(block.length(at)).toBe(bytes.length);
    });
  });

  it("is what its bytes are read as, and what its frames make together", () => {
    const block = blockOf(30);
    expect(parseBlock(block.bytes, SEED).starts).toEqual(block.starts);
    const again = FrameBlock.of(block.frames());
    expect(again.starts).toEqual(block.starts);
    expect(Buffer.from(again.bytes).equals(block.bytes)).toBe(true);
  });

  it("can lose its head", () => {
    const block = blockOf(30);
    const rest = block.after(12);
    expect(rest.frames()).toEqual(block.frames().slice(12));
    expect(block.after(0)).toBe(block);
  });
});

describe("a table of rows", () => {
  it("holds for a block what it holds for its frames, over many pages", () => {
    const block = blockOf(2500);
    const start = { ...block.frame(0).header, firstIndex: LogIndex(1), prevTerm: Term(0) };
    const segment = { ...start, prevChain: SEED };
    const [one, other] = [new RowTable(segment), new RowTable(segment)];
    for (const { header } of block.frames()) one.append(header);
    other.appendBlock(block, 0, 700);
    other.appendBlock(block, 700, block.count);
    expect([other.count, other.frameBytes, other.nextOffset]).toEqual([
      ...[one.count, one.frameBytes, one.nextOffset],
    ]);
    const first = LogIndex(1000);
    const rows = Buffer.from(other.encode(first, other.lastIndex, 1200));
    expect(rows.equals(one.encode(first, one.lastIndex, 1200))).toBe(true);
    for (let at = 0; at < rows.length; at += ROW_BYTES)
      expect(isRowIntact(viewOf(rows), at, rowSeed(segment))).toBe(true);
    expect(other.row(LogIndex(1025))).toEqual(one.row(LogIndex(1025)));
    other.cut(LogIndex(1025));
    expect(other.lastIndex).toBe(1024);
  });
});

describe("a checksum of any length", () => {
  it("is that of zlib", () => {
    const bytes = Buffer.from(Array.from({ length: 700 }, (_, at) => (at * 31) % 251));
    for (const length of [0, 1, 7, 8, 255, 256, 257, 600])
      expect(crc32At(viewOf(bytes), 13, length)).toBe(crc32(bytes.subarray(13, 13 + length)));
  });
});
