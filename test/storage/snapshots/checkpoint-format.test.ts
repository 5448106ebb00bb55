import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { LogIndex, Offset, Term } from "../../../src/common/brand.ts";
import {
  decodeCheckpoint,
  encodeCheckpoint,
} from "../../../src/storage/snapshots/checkpoint-format.ts";
import {
  checkpointName,
  isUnfinishedCheckpoint,
  parseCheckpointName,
  unfinishedName,
} from "../../../src/storage/snapshots/checkpoint-name.ts";
import type { Checkpoint } from "../../../src/storage/snapshots/types.ts";

const checkpoint: Checkpoint = {
  start: {
    last: { index: LogIndex(963), term: Term(12) },
    nextOffset: Offset(48_211),
    chain: 0xdead_beef,
    timestamp: 1_700_000_000_123,
  },
  state: new Uint8Array(Buffer.from('{"logStartOffset":0}')),
};

describe("a checkpoint file", () => {
  it("has these bytes", () => {
    const bytes = Buffer.from(encodeCheckpoint(checkpoint));
    const head = Buffer.alloc(56);
    head.write("BALSACKP");
    head.writeUInt32LE(1, 8);
    head.writeUInt32LE(20, 12);
    for (const [at, value] of [963n, 12n, 48_211n, 1_700_000_000_123n].entries())
      head.writeBigUInt64LE(value, 16 + at * 8);
    head.writeUInt32LE(0xdead_beef, 48);
    const body = Buffer.concat([head, checkpoint.state]);
    expect(bytes.subarray(0, -32)).toEqual(body);
    expect(bytes.subarray(-32)).toEqual(createHash("sha256").update(body).digest());
    expect(decodeCheckpoint(bytes)).toEqual({ kind: "valid", checkpoint });
  });

  it("holds a state of any length", () => {
    for (const length of [0, 1, 511, 70_000]) {
      const wanted = { ...checkpoint, state: new Uint8Array(length).fill(7) };
      expect(decodeCheckpoint(encodeCheckpoint(wanted))).toEqual({
        kind: "valid",
        checkpoint: wanted,
      });
    }
  });

  it("is damaged with any bit flipped, in any byte", () => {
    const bytes = encodeCheckpoint(checkpoint);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (decodeCheckpoint(flipped).kind !== "damaged") expect.fail(`bit ${bit} went unseen`);
    }
  });

  it("is damaged at every other length", () => {
    const bytes = encodeCheckpoint(checkpoint);
    for (let length = 0; length < bytes.length; length++)
      if (decodeCheckpoint(bytes.subarray(0, length)).kind !== "damaged")
        expect.fail(`length ${length} went unseen`);
    for (const more of [1, 32, 512]) {
      const longer = Buffer.concat([bytes, Buffer.alloc(more)]);
      expect(decodeCheckpoint(longer).kind).toBe("damaged");
    }
  });

  it.each([
    ["another version of the past", 8, 0],
    ["another length of the state", 12, 21],
    ["bytes that should be zero", 52, 1],
    ["an index beyond the safe integers", 20, 0xffff_ffff],
  ])("with %s is damaged, though its checksum is right", (_, at, value) => {
    const bytes = Buffer.from(encodeCheckpoint(checkpoint));
    bytes.writeUInt32LE(value, at);
    const sum = createHash("sha256").update(bytes.subarray(0, -32)).digest();
    sum.copy(bytes, bytes.length - 32);
    expect(decodeCheckpoint(bytes)).toMatchObject({ kind: "damaged" });
  });

  it("of a newer version is told from a damaged one", () => {
    const bytes = Buffer.from(encodeCheckpoint(checkpoint));
    bytes.writeUInt32LE(9, 8);
    expect(decodeCheckpoint(bytes).kind).toBe("damaged");
    const sum = createHash("sha256").update(bytes.subarray(0, -32)).digest();
    sum.copy(bytes, bytes.length - 32);
    expect(decodeCheckpoint(bytes)).toEqual({ kind: "newer", version: 9 });
  });
});

describe("a checkpoint's name", () => {
  it("is made of its last index only", () => {
    const name = checkpointName(LogIndex(963));
    expect(name).toBe("00000000000000000963.checkpoint");
    expect(parseCheckpointName(name)).toBe(963);
    expect(isUnfinishedCheckpoint(unfinishedName(name))).toBe(true);
    expect(parseCheckpointName(unfinishedName(name))).toBe(undefined);
    expect(isUnfinishedCheckpoint(name)).toBe(false);
  });

  it.each(["963.checkpoint", "00000000000000000963.manifest", "incoming", "x.tmp"])(
    "is not %s",
    (name) => {
      expect(parseCheckpointName(name)).toBe(undefined);
      expect(isUnfinishedCheckpoint(name)).toBe(false);
    },
  );
});
