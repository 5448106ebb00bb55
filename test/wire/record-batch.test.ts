import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogError } from "../../src/common/errors.ts";
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS, MAX_RECORD_BYTES } from "../../src/common/limits.ts";
import {
  type BatchRecord,
  countRecords,
  decodeRecordBatch,
  encodeRecordBatch,
  recordSize,
  recordSizeInBatch,
} from "../../src/wire/record-batch.ts";
import { decodeAsStockClient, encodeAsStockClient, plain, someRecords } from "./batches.ts";

const value = (text: string): BatchRecord => ({
  key: undefined,
  value: Buffer.from(text),
  headers: [],
});

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    return thrown instanceof LogError ? thrown.code : `not a LogError: ${String(thrown)}`;
  }
  return "nothing thrown";
}

describe("a record batch", () => {
  it("has these bytes", () => {
    const records: BatchRecord[] = [
      value("hi"),
      { key: Buffer.from("k"), value: undefined, headers: [] },
      { key: Buffer.alloc(0), value: Buffer.alloc(0), headers: [] },
      {
        key: undefined,
        value: Buffer.from("v"),
        headers: [
          { name: "h", value: Buffer.from([1, 2]) },
          { name: "", value: Buffer.alloc(0) },
        ],
      },
    ];
    expect(encodeRecordBatch(records).toString("hex")).toBe(
      [
        "0a04" + "12026869",
        "0a03" + "0a016b",
        "0a04" + "0a00" + "1200",
        "0a12" + "120176" + "1a07" + "0a0168" + "12020102" + "1a04" + "0a00" + "1200",
      ].join(""),
    );
  });

  it("is the same whether we or protobufjs encode it, and decode it", () => {
    fc.assert(
      fc.property(someRecords, (records) => {
        const batch = encodeRecordBatch(records);
        expect(batch.equals(encodeAsStockClient(records))).toBe(true);
        expect(plain(decodeRecordBatch(batch))).toEqual(plain(records));
        expect(plain(decodeAsStockClient(batch))).toEqual(plain(records));
        expect(countRecords(batch)).toBe(records.length);
      }),
      { numRuns: 300 },
    );
  });

  it("is as long as its records say", () => {
    fc.assert(
      fc.property(someRecords, (records) => {
        const sizes = records.map((record) => recordSizeInBatch(recordSize(record)));
        const sum = sizes.reduce((total, size) => total + size, 0);
        expect(encodeRecordBatch(records)).toHaveLength(sum);
      }),
    );
  });

  it.each([127, 128, 16_383, 16_384, MAX_RECORD_BYTES - 4])(
    "keeps a value of %i bytes",
    (length) => {
      const records = [{ ...value(""), value: Buffer.alloc(length, 1) }];
      const batch = encodeRecordBatch(records);
      expect(batch.equals(encodeAsStockClient(records))).toBe(true);
      const decoded = decodeRecordBatch(batch)[0]?.value ?? Buffer.alloc(0);
      expect(Buffer.compare(decoded, records[0]?.value ?? Buffer.alloc(1))).toBe(0);
    },
  );

  it("is decoded without copying", () => {
    const batch = encodeRecordBatch([{ ...value("hello"), key: Buffer.from("k") }]);
    const [record] = decodeRecordBatch(batch);
    expect(record?.value?.buffer).toBe(batch.buffer);
    expect(record?.key?.buffer).toBe(batch.buffer);
  });
});

describe("decoding", () => {
  const decoded = (hex: string): unknown => plain(decodeRecordBatch(Buffer.from(hex, "hex")));
  const hi = [{ key: undefined, value: "6869", headers: [] }];

  it.each([
    ["numbers longer than they need be", "8a00" + "8600" + "12" + "828000" + "6869"],
    ["fields in any order", "0a07" + "12026869" + "0a016b"],
    ["the last of two values", "0a07" + "120178" + "12026869"],
    ["an unknown field of the batch", "1001" + "0a0412026869" + "22026869"],
    [
      "unknown fields of a record",
      "0a14" + "2801" + "310102030405060708" + "12026869" + "3d01020304",
    ],
    ["a known field of another wire type", "0a06" + "0801" + "12026869"],
  ])("takes %s", (_what, hex) => {
    const expected = hex.includes("0a016b") ? [{ ...hi[0], key: "6b" }] : hi;
    expect(decoded(hex)).toEqual(expected);
  });

  it("takes a header name that is not UTF-8 as replacement characters", () => {
    const [record] = decodeRecordBatch(Buffer.from("0a071a050a01ff1200", "hex"));
    expect(record?.headers[0]?.name).toBe("\uFFFD");
  });

  it.each([
    ["a length past the end", "0a05120268"],
    ["a huge length", "0affffffff0f"],
    ["a length beyond 2^53", "0affffffffffffffff7f"],
    ["a number without end", "0a" + "ff".repeat(11)],
    ["a tag cut off", "0a0412026869" + "8a"],
    ["a value that leaves its record", "0a03" + "12026869"],
    ["a header that leaves its record", "0a04" + "1a040a0168" + "120176"],
    ["a name that leaves its header", "0a07" + "1a02" + "0a0361" + "6263"],
    ["field number 0", "0200"],
    ["a group", "0b0c"],
    ["a record with a group", "0a020b0c"],
    ["a 64-bit field cut off", "0a03" + "310102"],
  ])("refuses %s", (_what, hex) => {
    expect(codeOf(() => decoded(hex))).toBe("CORRUPT");
    expect(codeOf(() => countRecords(Buffer.from(hex, "hex")))).toBe("INVALID_ARGUMENT");
  });

  it("throws a LogError or nothing, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(["CORRUPT", "nothing thrown"]).toContain(codeOf(() => decodeRecordBatch(bytes)));
        expect(["INVALID_ARGUMENT", "nothing thrown"]).toContain(codeOf(() => countRecords(bytes)));
      }),
      { numRuns: 2000 },
    );
  });

  it("reads what was counted, and counts what it can read, after any three changed bytes", () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(someRecords, fc.array(change, { maxLength: 3 }), (records, changes) => {
        const batch = encodeRecordBatch(records);
        for (const [at, byte] of changes) batch[at % batch.length] = byte;
        const counted = codeOf(() => countRecords(batch)) === "nothing thrown";
        if (!counted) return;
        expect(decodeRecordBatch(batch)).toHaveLength(countRecords(batch));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("counting", () => {
  it("takes the largest record and refuses one byte more", () => {
    const largest = { ...value(""), value: Buffer.alloc(MAX_RECORD_BYTES - 4) };
    expect(recordSize(largest)).toBe(MAX_RECORD_BYTES);
    expect(countRecords(encodeRecordBatch([largest]))).toBe(1);
    const larger = { ...value(""), value: Buffer.alloc(MAX_RECORD_BYTES - 3) };
    const batch = encodeRecordBatch([value("small"), larger]);
    expect(() => countRecords(batch)).toThrow(
      `record 2 of the batch has ${MAX_RECORD_BYTES + 1} bytes`,
    );
    expect(codeOf(() => countRecords(batch))).toBe("RECORD_TOO_LARGE");
  });

  it("takes as many records as a batch may have and refuses one more", () => {
    const empty: BatchRecord = { key: undefined, value: undefined, headers: [] };
    const most = Array.from({ length: MAX_BATCH_RECORDS }, () => empty);
    expect(countRecords(encodeRecordBatch(most))).toBe(MAX_BATCH_RECORDS);
    const batch = encodeRecordBatch([...most, empty]);
    expect(codeOf(() => countRecords(batch))).toBe("INVALID_ARGUMENT");
    expect(codeOf(() => decodeRecordBatch(batch))).toBe("CORRUPT");
  });

  it("refuses a batch over the limit before it looks inside", () => {
    expect(codeOf(() => countRecords(Buffer.alloc(MAX_BATCH_BYTES + 1)))).toBe("RECORD_TOO_LARGE");
  });

  it("refuses a batch without records, and fields that are no records", () => {
    expect(() => countRecords(Buffer.alloc(0))).toThrow(/at least one record/);
    const extended = Buffer.concat([encodeRecordBatch([value("a")]), Buffer.from("1001", "hex")]);
    expect(() => countRecords(extended)).toThrow(/no record/);
  });
});
