import { describe, expect, it } from "vitest";
import { LogIndex, Offset, Term } from "../../src/common/brand.ts";
import { HARD_STATE_FORMAT, type StoredHardState } from "../../src/storage/hard-state-format.ts";
import { IDENTITY_FORMAT } from "../../src/storage/identity-format.ts";
import { decodeRecord, encodeRecord, type RecordFormat } from "../../src/storage/record-file.ts";
import type { Identity } from "../../src/storage/types.ts";

const hardState: StoredHardState = {
  record: {
    currentTerm: Term(12),
    votedFor: "n2",
    incarnation: 7,
    firstSegment: { baseOffset: Offset(0), firstIndex: LogIndex(1) },
    activeSegment: { baseOffset: Offset(48_211), firstIndex: LogIndex(963) },
    snapshot: undefined,
    compactedTo: LogIndex(0),
    reset: undefined,
  },
  trusted: true,
};

const identity: Identity = {
  nodeId: "n1",
  diskId: "0123456789abcdef0123456789abcdef",
  cluster: {
    clusterId: "c0ffee",
    voters: [
      { nodeId: "n1", diskId: "0123456789abcdef0123456789abcdef" },
      { nodeId: "n2", diskId: "fedcba98765432100123456789abcdef" },
    ],
    formed: true,
  },
};

describe("a record file", () => {
  it("has these bytes", () => {
    const bytes = Buffer.from(encodeRecord(HARD_STATE_FORMAT, 300, hardState));
    const body =
      '{"currentTerm":12,"votedFor":"n2","incarnation":7,' +
      '"firstSegment":{"baseOffset":0,"firstIndex":1},' +
      '"activeSegment":{"baseOffset":48211,"firstIndex":963},"trusted":true}';
    expect(bytes.length).toBe(512);
    expect(bytes.toString("latin1", 0, 8)).toBe("BALSA-HS");
    expect(bytes.toString("hex", 8, 32)).toBe(
      "01000000" + "a7530366" + "2c01000000000000" + "a6000000" + "00000000",
    );
    expect(bytes.toString("utf8", 32, 32 + body.length)).toBe(body);
    expect(bytes.subarray(32 + body.length).every((byte) => byte === 0)).toBe(true);
  });

  it("gives back what was put into it", () => {
    const found = decodeRecord(HARD_STATE_FORMAT, encodeRecord(HARD_STATE_FORMAT, 300, hardState));
    expect(found).toEqual({ kind: "valid", generation: 300, value: hardState });
    const same = decodeRecord(IDENTITY_FORMAT, encodeRecord(IDENTITY_FORMAT, 2, identity));
    expect(same).toEqual({ kind: "valid", generation: 2, value: identity });
  });

  it("tells absent votes, segments and clusters from empty ones", () => {
    const record = { ...hardState.record, votedFor: undefined, activeSegment: undefined };
    const value = { record, trusted: false };
    const found = decodeRecord(HARD_STATE_FORMAT, encodeRecord(HARD_STATE_FORMAT, 1, value));
    expect(found).toEqual({ kind: "valid", generation: 1, value });
    const alone = { ...identity, cluster: undefined };
    expect(decodeRecord(IDENTITY_FORMAT, encodeRecord(IDENTITY_FORMAT, 1, alone))).toMatchObject({
      value: alone,
    });
  });

  it("holds the longest hard state there can be, and a node's name of 40 letters", () => {
    const most = Number.MAX_SAFE_INTEGER;
    const segment = { baseOffset: Offset(most), firstIndex: LogIndex(most) };
    const last = { index: LogIndex(most), term: Term(most) };
    const longest: StoredHardState = {
      record: {
        currentTerm: Term(most),
        votedFor: "n".repeat(40),
        incarnation: most,
        firstSegment: segment,
        activeSegment: segment,
        snapshot: last,
        compactedTo: LogIndex(most),
        reset: { last, nextOffset: Offset(most), chain: 0xffff_ffff, timestamp: most },
      },
      trusted: false,
    };
    expect(decodeRecord(HARD_STATE_FORMAT, encodeRecord(HARD_STATE_FORMAT, 9, longest))).toEqual({
      kind: "valid",
      generation: 9,
      value: longest,
    });
  });

  it("is damaged with any bit flipped, in any byte", () => {
    const bytes = encodeRecord(HARD_STATE_FORMAT, 300, hardState);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (decodeRecord(HARD_STATE_FORMAT, flipped).kind !== "damaged")
        expect.fail(`bit ${bit} went unseen`);
    }
  });

  it("is damaged at every other length", () => {
    const bytes = encodeRecord(HARD_STATE_FORMAT, 300, hardState);
    for (let length = 0; length < bytes.length; length++)
      if (decodeRecord(HARD_STATE_FORMAT, bytes.subarray(0, length)).kind !== "damaged")
        expect.fail(`length ${length} went unseen`);
    const longer = Buffer.concat([bytes, Buffer.alloc(1)]);
    expect(decodeRecord(HARD_STATE_FORMAT, longer).kind).toBe("damaged");
  });

  it("of zeros is damaged: a zero checksum means nothing special", () => {
    expect(decodeRecord(HARD_STATE_FORMAT, new Uint8Array(512)).kind).toBe("damaged");
  });

  it.each([
    ["a negative term", { currentTerm: -1 }],
    ["a term that is no integer", { currentTerm: 1.5 }],
    ["a term beyond the safe integers", { currentTerm: 2 ** 53 }],
    ["a vote for nobody", { votedFor: "" }],
    ["a segment without an index", { activeSegment: { baseOffset: 1 } }],
    ["a snapshot without a term", { snapshot: { index: 1 } }],
    ["a log made anew behind nothing", { reset: { nextOffset: 1, chain: 1, timestamp: 1 } }],
    ["compaction to nowhere", { compactedTo: -1 }],
    ["no word about trust", { trusted: undefined }],
  ])("with %s is damaged, though its checksum is right", (_, wrong) => {
    const format: RecordFormat<StoredHardState> = {
      ...HARD_STATE_FORMAT,
      encode: (value) => ({ ...HARD_STATE_FORMAT.encode(value), ...wrong }),
    };
    const found = decodeRecord(HARD_STATE_FORMAT, encodeRecord(format, 1, hardState));
    expect(found).toMatchObject({ kind: "damaged", byte: 32 });
  });

  it("of a newer version is told from a damaged one, whatever its size", () => {
    const newer = { ...HARD_STATE_FORMAT, version: 9, fileBytes: 1024 };
    const bytes = encodeRecord(newer, 1, hardState);
    expect(decodeRecord(HARD_STATE_FORMAT, bytes)).toEqual({ kind: "newer", version: 9 });
    bytes[600] = 1;
    expect(decodeRecord(HARD_STATE_FORMAT, bytes).kind).toBe("damaged");
  });

  it("of the other kind is damaged", () => {
    const bytes = encodeRecord(IDENTITY_FORMAT, 1, identity);
    expect(decodeRecord(HARD_STATE_FORMAT, bytes)).toMatchObject({
      kind: "damaged",
      reason: "it does not begin with BALSA-HS",
    });
  });
});
