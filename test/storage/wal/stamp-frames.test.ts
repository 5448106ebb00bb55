import { describe, expect, it } from "vitest";
import { Term } from "../../../src/common/brand.ts";
import { LogError } from "../../../src/common/errors.ts";
import type { Frame } from "../../../src/common/frame.ts";
import { encodeControl } from "../../../src/statemachine/control.ts";
import {
  emptyTail,
  initialChain,
  type LogTail,
  parseFrames,
  type RollSettings,
  type StampInput,
  stampFrames,
} from "../../../src/storage/index.ts";
import { nextTail } from "../../../src/storage/wal/log-tail.ts";
import { isRollRequest } from "../../../src/storage/wal/roll-request.ts";
import { bytesOf, data, other } from "./support/log-bench.ts";

const SEED = 7;
const ROLL: StampInput = {
  type: "control",
  payload: encodeControl({ control: "roll" }),
  recordCount: 0,
  producer: undefined,
};

function tailAfter(tail: LogTail, frames: readonly Frame[]): LogTail {
  return frames.reduce(
    (end, { header, bytes }) =>
      nextTail(end, header, bytes.length, isRollRequest(header.type, bytes.subarray(88))),
    tail,
  );
}

function segmentsOf(
  settings: RollSettings,
  groups: readonly { readonly at: number; readonly inputs: readonly StampInput[] }[],
): readonly number[] {
  let tail = emptyTail(SEED);
  const found: number[] = [];
  for (const { at, inputs } of groups) {
    const frames = stampFrames(tail, settings, Term(1), at, inputs);
    found.push(...frames.map(({ header }) => header.segmentFirstIndex));
    tail = tailAfter(tail, frames);
  }
  return found;
}

describe("a leader's stamp", () => {
  it("gives dense indexes and offsets, and offsets that entries without records do not use", () => {
    const inputs = [other("noop"), data(1, 3), other("config"), data(2, 2), data(3)];
    const frames = stampFrames(
      emptyTail(SEED),
      { segmentBytes: 1 << 20, segmentMs: undefined },
      Term(4),
      9,
      inputs,
    );
    expect(frames.map(({ header }) => header.index)).toEqual([1, 2, 3, 4, 5]);
    expect(frames.map(({ header }) => header.baseOffset)).toEqual([0, 0, 3, 3, 5]);
    expect(parseFrames([bytesOf(frames)], SEED)).toEqual(frames);
  });

  it("never goes back in time", () => {
    const settings = { segmentBytes: 1 << 20, segmentMs: undefined };
    const first = stampFrames(emptyTail(SEED), settings, Term(1), 500, [data(1)]);
    const tail = tailAfter(emptyTail(SEED), first);
    const [second] = stampFrames(tail, settings, Term(2), 400, [data(2)]);
    expect(second?.header.timestamp).toBe(500);
  });

  it("starts a segment when the entry would pass segment.bytes", () => {
    const settings = { segmentBytes: 300, segmentMs: undefined };
    const inputs = [data(1, 1, 62), data(2, 1, 62), data(3, 1, 10), data(4, 1, 500), data(5)];
    expect(segmentsOf(settings, [{ at: 1, inputs }])).toEqual([1, 1, 3, 4, 5]);
  });

  it("starts a segment when the first entry's is segment.ms old", () => {
    const settings = { segmentBytes: 1 << 20, segmentMs: 100 };
    const groups = [0, 99, 100, 150, 200].map((at) => ({ at, inputs: [data(at)] }));
    expect(segmentsOf(settings, groups)).toEqual([1, 1, 3, 3, 5]);
  });

  it("starts a segment after control: roll, in the same group or the next", () => {
    const settings = { segmentBytes: 1 << 20, segmentMs: undefined };
    const groups = [
      { at: 1, inputs: [data(1), ROLL, data(2), ROLL] },
      { at: 1, inputs: [data(3)] },
    ];
    expect(segmentsOf(settings, groups)).toEqual([1, 1, 3, 3, 5]);
  });
});

describe("received frames", () => {
  const settings = { segmentBytes: 1 << 20, segmentMs: undefined };
  const frames = stampFrames(emptyTail(SEED), settings, Term(1), 1, [data(1), data(2), data(3)]);

  it("are refused wherever a byte was changed on the way", () => {
    const bytes = bytesOf(frames);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      expect(() => parseFrames([changed], SEED), `byte ${at}`).toThrow(LogError);
    }
  });

  it("are refused when they do not continue the chain, or are out of order", () => {
    expect(() => parseFrames([bytesOf(frames)], SEED + 1)).toThrow(/chain/);
    const [first, , third] = frames;
    if (first === undefined || third === undefined) throw new Error("three frames were stamped");
    expect(() => parseFrames([first.bytes, third.bytes], SEED)).toThrow(/chain/);
    expect(() => parseFrames([bytesOf(frames).subarray(0, 100)], SEED)).toThrow(/cut off/);
  });
});

describe("the first chain value", () => {
  const voters = [
    { nodeId: "n1", diskId: "a" },
    { nodeId: "n2", diskId: "b" },
  ];

  it("is a function of cluster id and voters, whatever their order", () => {
    const chain = initialChain({ clusterId: "c", voters, formed: true });
    expect(initialChain({ clusterId: "c", voters: voters.toReversed(), formed: false })).toBe(
      chain,
    );
    expect(initialChain({ clusterId: "d", voters, formed: true })).not.toBe(chain);
    expect(initialChain({ clusterId: "c", voters: voters.slice(1), formed: true })).not.toBe(chain);
  });
});
