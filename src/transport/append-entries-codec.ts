import type { LogIndex, Term } from "../common/brand.ts";
import type { AppendEntries, AppendEntriesResult } from "../raft/messages.ts";
import { varintSize, writeVarint } from "../wire/proto-writer.ts";
import type { AppendEntriesRequest, AppendEntriesResponse } from "../wire/raft-messages.ts";
import type { PeerMessage } from "./types.ts";

/** Tags of `AppendEntriesRequest` in `raft.proto`: field number << 3 | wire type. */
const TERM = 0x08;
const LEADER_ID = 0x12;
const PREV_LOG_INDEX = 0x18;
const PREV_LOG_TERM = 0x20;
const PREV_CHAIN = 0x28;
const LEADER_COMMIT = 0x30;
const READ_ROUND = 0x38;
const FRAMES = 0x42;

/**
 * Encodes an AppendEntries with its frames. By hand, and only here: protobufjs would want the
 * chunks in one piece first, which is a copy of everything that is ever replicated.
 */
export function encodeAppendEntries(
  message: AppendEntries,
  frames: readonly Uint8Array[],
  prevChain: number,
): Buffer {
  const numbers: readonly (readonly [tag: number, value: number])[] = [
    [TERM, message.term],
    [PREV_LOG_INDEX, message.prevLogIndex],
    [PREV_LOG_TERM, message.prevLogTerm],
    [PREV_CHAIN, prevChain],
    [LEADER_COMMIT, message.leaderCommit],
    [READ_ROUND, message.readRound],
  ];
  const leaderIdBytes = Buffer.byteLength(message.leaderId);
  const frameBytes = frames.reduce((sum, chunk) => sum + chunk.length, 0);
  let size = 1 + varintSize(leaderIdBytes) + leaderIdBytes;
  for (const [, value] of numbers) size += 1 + varintSize(value);
  if (frameBytes > 0) size += 1 + varintSize(frameBytes) + frameBytes;

  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [tag, value] of numbers) {
    bytes[at] = tag;
    at = writeVarint(bytes, at + 1, value);
    if (tag !== TERM) continue;
    bytes[at] = LEADER_ID;
    at = writeVarint(bytes, at + 1, leaderIdBytes);
    at += bytes.write(message.leaderId, at, leaderIdBytes, "utf8");
  }
  if (frameBytes === 0) return bytes;
  bytes[at] = FRAMES;
  at = writeVarint(bytes, at + 1, frameBytes);
  for (const chunk of frames) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** A received request, whose numbers were checked; its frames stay where they are. */
export function fromAppendEntriesRequest(request: AppendEntriesRequest): PeerMessage {
  const message: AppendEntries = {
    type: "AppendEntries",
    term: request.term as Term,
    leaderId: request.leaderId,
    prevLogIndex: request.prevLogIndex as LogIndex,
    prevLogTerm: request.prevLogTerm as Term,
    entries: [],
    leaderCommit: request.leaderCommit as LogIndex,
    readRound: request.readRound,
  };
  const frames = request.frames.length === 0 ? [] : [request.frames];
  return { message, frames, prevChain: request.prevChain };
}

export function toAppendEntriesResponse(result: AppendEntriesResult): AppendEntriesResponse {
  const { term, matchIndex, readRound, conflict, diskLow, firstFaulty } = result;
  const whole = { term, matchIndex, readRound, conflict: conflict ?? null, diskLow };
  return firstFaulty === undefined ? whole : { ...whole, firstFaulty };
}

/** A received response, whose numbers were checked. */
export function fromAppendEntriesResponse(response: AppendEntriesResponse): PeerMessage {
  const { term, matchIndex, readRound, conflict, diskLow, firstFaulty } = response;
  const message: AppendEntriesResult = {
    type: "AppendEntriesResult",
    term: term as Term,
    matchIndex: matchIndex as LogIndex,
    conflict:
      conflict === null
        ? undefined
        : {
            prevLogIndex: conflict.prevLogIndex as LogIndex,
            conflictTerm: conflict.conflictTerm as Term | undefined,
            conflictIndex: conflict.conflictIndex as LogIndex,
          },
    readRound,
    diskLow,
    ...(firstFaulty === undefined ? {} : { firstFaulty: firstFaulty as LogIndex }),
  };
  return { message, frames: [], prevChain: 0 };
}
