import type { Offset } from "../common/brand.ts";
import type { ReadRequest, ReadResponse } from "../wire/log-messages.ts";
import { readConsistency } from "./consistency.ts";
import { frameBytes, offsetAfterFrames } from "./frame-run.ts";
import { DEFAULT_READ_BYTES, MAX_READ_BYTES } from "./limits.ts";
import type { ServiceContext } from "./service-context.ts";
import { recordPages } from "./typed-records.ts";

const NO_FRAMES = new Uint8Array(0);

/** Bytes per answer: what the reader asks for, within bounds. */
export function readBytes(asked: number): number {
  return asked === 0 ? DEFAULT_READ_BYTES : Math.min(asked, MAX_READ_BYTES);
}

/** `Read`: committed records from an offset on, once. Empty at the high watermark. */
export async function read(
  { node, metrics }: ServiceContext,
  request: ReadRequest,
  signal: AbortSignal,
): Promise<ReadResponse> {
  const consistency = readConsistency(request.consistency);
  const from = request.fromOffset as Offset;
  const maxBytes = readBytes(request.maxBytes);
  const minHighWatermark = request.minHighWatermark as Offset | undefined;
  const answer = await node.read(from, maxBytes, consistency, { signal, minHighWatermark });
  const { highWatermark, logStartOffset, compactedTo = 0 } = answer;
  const ends = { highWatermark, logStartOffset, compactedTo };
  if (answer.run.byteLength === 0)
    return { ...ends, records: [], frames: NO_FRAMES, nextOffset: answer.nextOffset ?? from };
  const frames = frameBytes(answer);
  const nextOffset = answer.nextOffset ?? offsetAfterFrames(frames);
  if (request.rawFrames) {
    metrics.fetched(nextOffset - from, frames.length);
    return { ...ends, records: [], frames, nextOffset };
  }
  const pages = recordPages(frames, from, maxBytes);
  const page = pages.next().value;
  const last = pages.next().done === true;
  const next = last || page === undefined ? nextOffset : page.nextOffset;
  metrics.fetched(next - from, page?.bytes ?? 0);
  return { ...ends, records: page?.records ?? [], frames: NO_FRAMES, nextOffset: next };
}
