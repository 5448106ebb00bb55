import type { handleServerStreamingCall, ServerWritableStream } from "@grpc/grpc-js";
import type { Offset } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { ReadAnswer } from "../runtime/node-api.ts";
import type { TailRequest, TailResponse } from "../wire/log-messages.ts";
import { accept, type Received } from "../wire/received.ts";
import { toStatus } from "../wire/status.ts";
import { BoundedWriter } from "./bounded-writer.ts";
import { readConsistency } from "./consistency.ts";
import { frameBytes, offsetAfterFrames } from "./frame-run.ts";
import { MAX_TAIL_PENDING_BYTES } from "./limits.ts";
import { readBytes } from "./read.ts";
import type { ServiceContext } from "./service-context.ts";
import { recordPages } from "./typed-records.ts";

const NO_FRAMES = new Uint8Array(0);

type TailCall = ServerWritableStream<Received<TailRequest>, TailResponse>;
type Ends = Pick<TailResponse, "highWatermark" | "logStartOffset" | "compactedTo">;

/**
 * `Tail`: everything committed from an offset on, pushed as it commits. The first message is empty
 * and tells where the log ends; `linearizable` means that this end was confirmed by a majority,
 * and that the tail does not stay on a node that has lost the cluster.
 */
export function tail(
  context: ServiceContext,
): handleServerStreamingCall<Received<TailRequest>, TailResponse> {
  return (call) => {
    const signal = context.calls.track(call, "tail");
    pump(context, call, signal).catch((thrown: unknown) => {
      if (!call.cancelled) call.emit("error", toStatus(thrown));
    });
  };
}

async function pump(context: ServiceContext, call: TailCall, signal: AbortSignal): Promise<never> {
  const { node } = context;
  const request = accept(call.request);
  const consistency = readConsistency(request.consistency);
  const maxBytes = readBytes(request.maxBytes);
  if (consistency === "linearizable") context.calls.needLeader(signal);
  const writer = new BoundedWriter<TailResponse>(call, MAX_TAIL_PENDING_BYTES, signal);
  let position = request.fromOffset as Offset;

  const minHighWatermark = request.minHighWatermark as Offset | undefined;
  const ends = await node.offsets(consistency, { signal, minHighWatermark });
  const { highWatermark, logStartOffset } = ends;
  if (position < logStartOffset) throw trimmed(position, logStartOffset);
  const start = { highWatermark, logStartOffset, compactedTo: 0, nextOffset: position };
  await writer.write({ ...start, records: [], frames: NO_FRAMES }, 0);

  for (;;) {
    // At or past the end of what this node knows: a tail waits, it does not fail.
    await node.waitBeyond(position, { signal });
    const answer = await node.read(position, maxBytes, "local", { signal });
    if (answer.run.byteLength === 0) {
      position = await writeHole(writer, answer, position);
      continue;
    }
    const before = position;
    position = request.rawFrames
      ? await writeFrames(writer, answer)
      : await writeRecords(writer, answer, position, maxBytes);
    context.metrics.fetched(position - before, answer.run.byteLength);
  }
}

function trimmed(position: Offset, logStartOffset: Offset): LogError {
  return new LogError("OFFSET_TRIMMED", `offset ${position} is gone`, {
    logStartOffset,
    hint: `the log now starts at ${logStartOffset}: tail from there`,
  });
}

/** What was between the position and the next record is compacted away: the reader is told. */
async function writeHole(
  writer: BoundedWriter<TailResponse>,
  answer: ReadAnswer,
  position: Offset,
): Promise<Offset> {
  const { nextOffset = position } = answer;
  if (nextOffset > position)
    await writer.write({ ...endsOf(answer), nextOffset, records: [], frames: NO_FRAMES }, 0);
  return nextOffset;
}

/** The frames as they lie in memory, from the one that holds the position on. */
async function writeFrames(
  writer: BoundedWriter<TailResponse>,
  answer: ReadAnswer,
): Promise<Offset> {
  const frames = frameBytes(answer);
  const nextOffset = answer.nextOffset ?? offsetAfterFrames(frames);
  await writer.write({ ...endsOf(answer), nextOffset, records: [], frames }, frames.length);
  return nextOffset;
}

async function writeRecords(
  writer: BoundedWriter<TailResponse>,
  answer: ReadAnswer,
  from: Offset,
  maxBytes: number,
): Promise<Offset> {
  const ends = endsOf(answer);
  let position = from;
  for (const { records, bytes, nextOffset } of recordPages(frameBytes(answer), from, maxBytes)) {
    await writer.write({ ...ends, nextOffset, records, frames: NO_FRAMES }, bytes);
    position = nextOffset;
  }
  return writeHole(writer, answer, position);
}

function endsOf({ highWatermark, logStartOffset, compactedTo = 0 as Offset }: ReadAnswer): Ends {
  return { highWatermark, logStartOffset, compactedTo };
}
