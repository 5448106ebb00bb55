import type { AppendEntries } from "../raft/messages.ts";
import { encodeAppendEntries } from "./append-entries-codec.ts";
import type { PeerMessage } from "./types.ts";

interface Encoded {
  readonly message: AppendEntries;
  readonly frames: readonly Uint8Array[];
  readonly prevChain: number;
  readonly bytes: Buffer;
}

/**
 * Encodes what a leader sends. Followers that keep up are sent the same entries one after the
 * other: their messages are equal, so the frames are copied together once, not once for each.
 */
export class AppendEntriesEncoder {
  #last: Encoded | undefined;

  encode({ frames, prevChain }: PeerMessage, message: AppendEntries): Buffer {
    const last = this.#last;
    if (last !== undefined && last.prevChain === prevChain && isSame(last, message, frames))
      return last.bytes;
    const bytes = encodeAppendEntries(message, frames, prevChain);
    this.#last = { message, frames, prevChain, bytes };
    return bytes;
  }
}

function isSame(last: Encoded, message: AppendEntries, frames: readonly Uint8Array[]): boolean {
  const { term, leaderId, prevLogIndex, prevLogTerm, leaderCommit, readRound } = last.message;
  return (
    message.prevLogIndex === prevLogIndex &&
    message.prevLogTerm === prevLogTerm &&
    message.leaderCommit === leaderCommit &&
    message.term === term &&
    message.readRound === readRound &&
    message.leaderId === leaderId &&
    frames.length === last.frames.length &&
    frames.every((chunk, at) => isSameMemory(chunk, last.frames[at]))
  );
}

/** Frames never change once they are in memory: the same place holds the same bytes. */
function isSameMemory(chunk: Uint8Array, other: Uint8Array | undefined): boolean {
  return (
    chunk.buffer === other?.buffer &&
    chunk.byteOffset === other.byteOffset &&
    chunk.length === other.length
  );
}
