import type { Term } from "../common/brand.ts";
import type { FrameBlock } from "../common/frame-block.ts";
import type { Message } from "../raft/messages.ts";
import type { TermRun } from "../raft/types.ts";
import { parseBlock } from "../storage/index.ts";
import type { PeerMessage } from "../transport/types.ts";

/** What a peer's message is for the core, and the frames that stay outside it. */
export interface ReceivedMessage {
  readonly message: Message;
  readonly frames: FrameBlock | undefined;
}

/**
 * Checks a message's frames (sums, chain, dense indexes and offsets) before the core hears of it.
 * @throws LogError CORRUPT when the bytes were damaged on the way: the message is dropped.
 */
export function receiveFrames({ message, frames, prevChain }: PeerMessage): ReceivedMessage {
  if (message.type !== "AppendEntries" || frames.length === 0)
    return { message, frames: undefined };
  const [first] = frames;
  const bytes = first !== undefined && frames.length === 1 ? first : Buffer.concat(frames);
  const parsed = parseBlock(bytes, prevChain);
  return { message: { ...message, entries: termRuns(parsed) }, frames: parsed };
}

function termRuns(frames: FrameBlock): readonly TermRun[] {
  const runs: { term: Term; count: number }[] = [];
  let last: { term: Term; count: number } | undefined;
  for (let at = 0; at < frames.count; at++) {
    const term = frames.term(at);
    if (last?.term === term) last.count++;
    else runs.push((last = { term, count: 1 }));
  }
  return runs;
}
