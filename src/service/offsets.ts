import type { Offset } from "../common/brand.ts";
import type { OffsetsRequest, OffsetsResponse } from "../wire/log-messages.ts";
import { readConsistency } from "./consistency.ts";
import type { ServiceContext } from "./service-context.ts";

/** `Offsets`: where the log starts and ends, and where a point in time lies. */
export async function offsets(
  { node }: ServiceContext,
  request: OffsetsRequest,
  signal: AbortSignal,
): Promise<OffsetsResponse> {
  const consistency = readConsistency(request.consistency);
  const minHighWatermark = request.minHighWatermark as Offset | undefined;
  const ends = await node.offsets(consistency, { signal, minHighWatermark });
  const { logStartOffset, highWatermark, term } = ends;
  const answer = { logStartOffset, highWatermark, term };
  if (request.atTimestamp === undefined) return answer;
  return { ...answer, offsetAtTimestamp: await node.offsetAtTime(request.atTimestamp) };
}
