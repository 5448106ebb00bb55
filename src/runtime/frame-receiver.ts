import type { Term } from "../common/brand.ts";
import type { Frame } from "../common/frame.ts";
import type { Message } from "../raft/messages.ts";
import type { TermRun } from "../raft/types.ts";
import { parseFrames } from "../storage/index.ts";
import type { PeerMessage } from "../transport/types.ts";

/** What a peer's message is for the core, and the frames that stay outside it. */
export interface ReceivedMessage {
  readonly message: Message;
  readonly frames: readonly Frame[];
}

/**
 * Checks a message's frames (sums, chain, dense indexes and offsets) before the core hears of it.
 * @throws LogError CORRUPT when the bytes were damaged on the way: the message is dropped.
 */
export function receiveFrames({ message, frames, prevChain }: PeerMessage): ReceivedMessage {
  if (message.type !== "AppendEntries" || frames.length === 0) return { message, frames: [] };
  const parsed = parseFrames(frames, prevChain);
  return { message: { ...message, entries: termRuns(parsed) }, frames: parsed };
}

function termRuns(frames: readonly Frame[]): readonly TermRun[] {
  const runs: { term: Term; count: number }[] = [];
  for (const { header } of frames) {
    const last = runs.at(-1);
    if (last?.term === header.term) last.count++;
    else runs.push({ term: header.term, count: 1 });
  }
  return runs;
}
