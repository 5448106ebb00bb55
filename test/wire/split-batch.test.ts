import { describe, expect, it } from "vitest";
import { randomInteger, seededRandom } from "../../src/common/random.ts";
import {
  type BatchRecord,
  decodeRecordBatch,
  encodeRecordBatch,
} from "../../src/wire/record-batch.ts";
import { joinBatch, splitBatch } from "../../src/wire/split-batch.ts";

function randomRecord(seed: number): BatchRecord {
  const random = seededRandom(seed);
  const bytes = (longest: number) => new Uint8Array(randomInteger(random, 0, longest)).fill(seed);
  return {
    key: random.next() < 0.3 ? undefined : bytes(200),
    value: random.next() < 0.3 ? undefined : bytes(300),
    headers: random.next() < 0.5 ? [] : [{ name: "name", value: bytes(9) }],
  };
}

const records = Array.from({ length: 200 }, (_, seed) => randomRecord(seed));

describe("a split batch", () => {
  it("tells of each record its key and whether it has a value", () => {
    const split = splitBatch(encodeRecordBatch(records));
    expect(split.map(({ tombstone }) => tombstone)).toEqual(
      records.map(({ value }) => value === undefined),
    );
    for (const [i, { key }] of split.entries())
      expect(key && Buffer.from(key)).toEqual(records[i]?.key && Buffer.from(records[i].key));
  });

  it("joined again is the same bytes, whole or in part", () => {
    const batch = encodeRecordBatch(records);
    const split = splitBatch(batch);
    expect(Buffer.from(joinBatch(split))).toEqual(batch);
    const kept = records.filter((_, i) => i % 3 === 0);
    const joined = joinBatch(split.filter((_, i) => i % 3 === 0));
    expect(Buffer.from(joined)).toEqual(encodeRecordBatch(kept));
    expect(decodeRecordBatch(joined)).toHaveLength(kept.length);
  });

  it.each([
    ["is cut off", Uint8Array.of(0x0a, 5, 1)],
    ["has a key that runs over its record's end", Uint8Array.of(0x0a, 2, 0x0a, 4, 1, 1, 1, 1)],
    ["has a value that runs over its record's end", Uint8Array.of(0x0a, 2, 0x12, 2, 1, 1)],
  ])("is refused as CORRUPT when it %s", (_what, bytes) => {
    expect(() => splitBatch(bytes)).toThrow(expect.objectContaining({ code: "CORRUPT" }));
  });
});
