import type { BatchCodec } from "../storage/compaction/types.ts";
import { joinBatch, splitBatch } from "../wire/split-batch.ts";

/** Lends the storage, which knows nothing of batches, what compaction must know of them. */
export const batchCodec: BatchCodec = { split: splitBatch, join: joinBatch };
