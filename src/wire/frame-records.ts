import { LogError } from "../common/errors.ts";
import {
  COMPACTED_FLAG,
  decodeFrame,
  type Frame,
  frameLength,
  payloadOf,
} from "../common/frame.ts";
import type { LogRecord } from "./log-messages.ts";
import { decodeRecordBatch } from "./record-batch.ts";

/**
 * Walks raw frames as `Read` and `Tail` send them: whole frames, one after the other. Each is
 * verified by its own sums (header and payload); views of `bytes`, not copies.
 * @throws LogError CORRUPT when a frame is not whole or its sums do not fit
 */
export function* iterateFrames(bytes: Uint8Array): Generator<Frame> {
  let at = 0;
  while (at < bytes.length) {
    const frame = decodeFrame(bytes, at, undefined);
    if (typeof frame === "string")
      throw new LogError("CORRUPT", `bad frame at byte ${at} of an answer (${frame})`, {
        hint: "read again, from another node if it stays so",
      });
    if ((frame.header.flags & ~COMPACTED_FLAG) !== 0)
      throw new LogError("CORRUPT", `a frame at byte ${at} of an answer has unknown flags`, {
        hint: "use a client that is as new as the node",
      });
    yield frame;
    at += frameLength(frame.header);
  }
}

/**
 * The records of one frame with their offsets; none when the entry is not `data`.
 * @throws LogError CORRUPT when the payload is no batch of `recordCount` records
 */
export function frameRecords(frame: Frame): LogRecord[] {
  const { header } = frame;
  if (header.type !== "data") return [];
  const batch = decodeRecordBatch(payloadOf(frame));
  if (batch.length !== header.recordCount)
    throw new LogError(
      "CORRUPT",
      `the frame at offset ${header.baseOffset} counts ${header.recordCount} records ` +
        `and holds ${batch.length}`,
    );
  const producerId = header.producer?.id ?? 0;
  const producerEpoch = header.producer?.epoch ?? 0;
  const firstSequence = header.producer?.sequence ?? 0;
  return batch.map((record, i) => ({
    offset: header.baseOffset + i,
    term: header.term,
    timestamp: header.timestamp,
    key: record.key,
    value: record.value,
    headers: record.headers,
    producerId,
    producerEpoch,
    producerSequence: producerId === 0 ? 0 : firstSequence + i,
    index: header.index,
  }));
}
