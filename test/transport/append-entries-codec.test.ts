import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import type { AppendEntries } from "../../src/raft/messages.ts";
import {
  encodeAppendEntries,
  fromAppendEntriesRequest,
} from "../../src/transport/append-entries-codec.ts";
import { AppendEntriesEncoder } from "../../src/transport/append-entries-encoder.ts";
import { raftService } from "../../src/wire/protos.ts";
import { accept } from "../../src/wire/received.ts";

const safeInteger = fc.maxSafeNat();
const chunks = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 });

const anyMessage: fc.Arbitrary<AppendEntries> = fc.record({
  type: fc.constant("AppendEntries" as const),
  term: safeInteger.map(Term),
  leaderId: fc.string({ unit: "grapheme" }),
  prevLogIndex: safeInteger.map(LogIndex),
  prevLogTerm: safeInteger.map(Term),
  entries: fc.constant([]),
  leaderCommit: safeInteger.map(LogIndex),
  readRound: safeInteger,
});

describe("an encoded AppendEntries", () => {
  it("has the bytes that protobufjs would give it", () => {
    const { requestSerialize } = raftService().AppendEntries;
    fc.assert(
      fc.property(anyMessage, chunks, fc.nat(0xffff_ffff), (message, frames, prevChain) => {
        const { term, leaderId, prevLogIndex, prevLogTerm, leaderCommit, readRound } = message;
        const numbers = { term, prevLogIndex, prevLogTerm, prevChain, leaderCommit, readRound };
        const all = Buffer.concat(frames);
        // A heartbeat leaves its frames out altogether.
        const request = { ...numbers, leaderId, ...(all.length > 0 ? { frames: all } : {}) };
        const expected = requestSerialize(request as Parameters<typeof requestSerialize>[0]);
        expect(encodeAppendEntries(message, frames, prevChain).equals(expected)).toBe(true);
      }),
    );
  });

  it("comes back as it was, its frames in one piece and not copied", () => {
    const { requestDeserialize } = raftService().AppendEntries;
    fc.assert(
      fc.property(anyMessage, chunks, fc.nat(0xffff_ffff), (message, frames, prevChain) => {
        const bytes = encodeAppendEntries(message, frames, prevChain);
        const back = fromAppendEntriesRequest(accept(requestDeserialize(bytes)));
        expect(back.message).toEqual(message);
        expect(back.prevChain).toBe(prevChain);
        expect(back.frames.length).toBeLessThanOrEqual(1);
        expect(Buffer.concat(back.frames).equals(Buffer.concat(frames))).toBe(true);
        for (const frame of back.frames) expect(frame.buffer).toBe(bytes.buffer);
      }),
    );
  });
});

describe("the messages of one leader", () => {
  const message: AppendEntries = {
    type: "AppendEntries",
    term: Term(2),
    leaderId: "n1",
    prevLogIndex: LogIndex(7),
    prevLogTerm: Term(1),
    entries: [],
    leaderCommit: LogIndex(6),
    readRound: 3,
  };
  const frames = [Buffer.from("frame")];

  it("are encoded once where they are equal", () => {
    const encoder = new AppendEntriesEncoder();
    const first = encoder.encode({ message, frames, prevChain: 9 }, message);
    const again = { message: { ...message }, frames: [frames[0]?.subarray() ?? EMPTY] };
    expect(encoder.encode({ ...again, prevChain: 9 }, again.message)).toBe(first);
    expect(first.equals(encodeAppendEntries(message, frames, 9))).toBe(true);
  });

  it.each([
    { term: Term(3) },
    { prevLogIndex: LogIndex(8) },
    { prevLogTerm: Term(2) },
    { leaderCommit: LogIndex(7) },
    { readRound: 4 },
  ])("are encoded anew when one says %o", (different) => {
    const encoder = new AppendEntriesEncoder();
    encoder.encode({ message, frames, prevChain: 9 }, message);
    const other = { ...message, ...different };
    const bytes = encoder.encode({ message: other, frames, prevChain: 9 }, other);
    expect(bytes.equals(encodeAppendEntries(other, frames, 9))).toBe(true);
  });

  it("are encoded anew for other frames and another chain", () => {
    const encoder = new AppendEntriesEncoder();
    for (const [sent, prevChain] of [
      [frames, 9],
      [frames, 10],
      [[Buffer.from("other")], 10],
      [[...frames, ...frames], 10],
      [[], 10],
    ] as const) {
      const bytes = encoder.encode({ message, frames: sent, prevChain }, message);
      expect(bytes.equals(encodeAppendEntries(message, sent, prevChain))).toBe(true);
    }
  });
});

const EMPTY = Buffer.alloc(0);
