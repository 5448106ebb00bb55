import { LogError } from "../common/errors.ts";
import type { AppendAck } from "../runtime/node-api.ts";
import type { AppendRequest, AppendResponse } from "../wire/log-messages.ts";
import { checkBatch } from "./batch-check.ts";
import { APPEND_OVERHEAD_BYTES } from "./limits.ts";
import type { ServiceContext } from "./service-context.ts";

/** `Append`: one atomic batch, answered when a majority has synced it. */
export async function append(
  context: ServiceContext,
  request: AppendRequest,
): Promise<AppendResponse> {
  const { recordCount, batch } = request;
  try {
    const result = await decided(context, request);
    context.metrics.settled(result, recordCount, batch.length);
    return { offset: result.offset, term: result.term, index: result.index, duplicate: false };
  } catch (thrown) {
    context.metrics.refused(LogError.from(thrown));
    throw thrown;
  }
}

/** @throws LogError what became of it instead */
async function decided(
  { node, pending }: ServiceContext,
  request: AppendRequest,
): Promise<AppendAck> {
  const { batch, recordCount, producerId, producerEpoch, producerSequence } = request;
  checkBatch(batch, recordCount);
  if (pending.full)
    throw new LogError("BACKPRESSURE", "too many bytes wait for a majority", {
      hint: "send again a little later",
    });
  if (producerId !== 0) node.openProducer(producerId, producerEpoch);
  const producer =
    producerId === 0
      ? undefined
      : { id: producerId, epoch: producerEpoch, sequence: producerSequence };
  const bytes = batch.length + APPEND_OVERHEAD_BYTES;
  pending.add(bytes);
  const result = await new Promise<AppendAck | LogError>((resolve) => {
    node.append({ payload: batch, recordCount, producer }, resolve);
  });
  pending.remove(bytes);
  if (result instanceof LogError) throw result;
  return result;
}
