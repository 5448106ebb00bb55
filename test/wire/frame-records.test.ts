import { describe, expect, it } from "vitest";
import { LogIndex, Offset, Term } from "../../src/common/brand.ts";
import { LogError } from "../../src/common/errors.ts";
import { encodeFrame, type EntryType, type ProducerStamp } from "../../src/common/frame.ts";
import { frameRecords, iterateFrames } from "../../src/wire/frame-records.ts";
import { encodeRecordBatch } from "../../src/wire/record-batch.ts";

function frame(
  index: number,
  baseOffset: number,
  values: readonly string[],
  options: { type?: EntryType; count?: number; producer?: ProducerStamp } = {},
): Uint8Array {
  const payload = encodeRecordBatch(
    values.map((value) => ({ key: undefined, value: Buffer.from(value), headers: [] })),
  );
  const stamp = {
    type: options.type ?? "data",
    index: LogIndex(index),
    term: Term(3),
    baseOffset: Offset(baseOffset),
    segmentFirstIndex: LogIndex(1),
    timestamp: 1_700_000_000_000 + index,
    recordCount: options.count ?? values.length,
    producer: options.producer,
  };
  return encodeFrame(stamp, payload, index).bytes;
}

function recordsOf(bytes: Uint8Array) {
  return [...iterateFrames(bytes)].flatMap(frameRecords);
}

describe("raw frames", () => {
  it("give their records with offsets, times and sequences", () => {
    const producer = { id: 77, epoch: 2, sequence: 40 };
    const bytes = Buffer.concat([
      frame(4, 10, ["a", "b"], { producer }),
      frame(5, 12, [], { type: "noop", count: 0 }),
      frame(6, 12, ["c"]),
    ]);
    const records = recordsOf(bytes);
    expect(records.map(({ value, ...rest }) => ({ value: String(value), ...rest }))).toEqual([
      {
        ...{ offset: 10, term: 3, timestamp: 1_700_000_000_004, index: 4 },
        ...{ key: undefined, value: "a", headers: [] },
        ...{ producerId: 77, producerEpoch: 2, producerSequence: 40 },
      },
      {
        ...{ offset: 11, term: 3, timestamp: 1_700_000_000_004, index: 4 },
        ...{ key: undefined, value: "b", headers: [] },
        ...{ producerId: 77, producerEpoch: 2, producerSequence: 41 },
      },
      {
        ...{ offset: 12, term: 3, timestamp: 1_700_000_000_006, index: 6 },
        ...{ key: undefined, value: "c", headers: [] },
        ...{ producerId: 0, producerEpoch: 0, producerSequence: 0 },
      },
    ]);
    expect(records[0]?.value?.buffer, "without a copy").toBe(bytes.buffer);
  });

  it("of an empty answer are none", () => {
    expect(recordsOf(Buffer.alloc(0))).toEqual([]);
  });

  it("are refused wherever one byte is changed or missing", () => {
    const bytes = Buffer.concat([frame(4, 10, ["a", "b"]), frame(5, 12, ["c"])]);
    const expectCorrupt = (damaged: Uint8Array, what: string): void => {
      let thrown: unknown;
      try {
        recordsOf(damaged);
      } catch (error) {
        thrown = error;
      }
      expect(thrown, what).toBeInstanceOf(LogError);
      expect((thrown as LogError).code, what).toBe("CORRUPT");
    };
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x40, at);
      expectCorrupt(damaged, `byte ${at}`);
    }
    const first = frame(4, 10, ["a", "b"]).length;
    for (let length = 1; length < bytes.length; length++)
      if (length !== first) expectCorrupt(bytes.subarray(0, length), `${length} bytes`);
  });

  it("are refused when they do not hold as many records as they count", () => {
    expect(() => recordsOf(frame(4, 10, ["a", "b"], { count: 3 }))).toThrow(
      "the frame at offset 10 counts 3 records and holds 2",
    );
  });
});
