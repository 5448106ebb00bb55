import type { Client } from "@grpc/grpc-js";
import { LogError } from "../common/errors.ts";
import type { FrameHeader } from "../common/frame.ts";
import { iterateFrames } from "../wire/frame-records.ts";
import { logService } from "../wire/protos.ts";
import { callStream } from "./rpc.ts";

/** Silence is no evidence where records may have been compacted away. */
function compacted(from: number, compactedTo: number): LogError {
  return new LogError("OFFSET_TRIMMED", `the log from offset ${from} on is compacted`, {
    logStartOffset: compactedTo,
  });
}

/** Where in the log the fate of unacknowledged appends is written. */
export interface EvidenceRange {
  readonly producerId: number;
  /** Nothing that is looked for lies before it. */
  readonly from: number;
  /** Nothing that is looked for lies at or past it (see `ProducerOpened.barrier`). */
  readonly barrier: number;
}

/**
 * Reads what is committed from `from` up to the barrier at one node and gives the header of every
 * entry of the producer. Waits until the node's high watermark has reached the barrier: only what
 * is committed is evidence, and only when all of the range is committed is silence evidence too.
 */
export async function* evidence(
  client: Client,
  { producerId, from, barrier }: EvidenceRange,
  signal: AbortSignal,
): AsyncGenerator<FrameHeader, void, void> {
  if (from >= barrier) return;
  const request = {
    fromOffset: from,
    consistency: "CONSISTENCY_LINEARIZABLE",
    rawFrames: true,
    maxBytes: 0,
  } as const;
  for await (const message of callStream(client, logService().Tail, request, signal)) {
    const { frames, compactedTo } = message;
    if (compactedTo > from) throw compacted(from, compactedTo);
    for (const { header } of iterateFrames(frames)) {
      if (header.baseOffset >= barrier) return;
      if (header.producer?.id === producerId) yield header;
      if (header.baseOffset + header.recordCount >= barrier) return;
    }
  }
}
