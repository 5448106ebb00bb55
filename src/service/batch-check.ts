import { LogError } from "../common/errors.ts";
import { countRecords } from "../wire/record-batch.ts";

/**
 * What the server checks of a batch before it stores the bytes untouched: it is a batch, every
 * record is within the limits, and there are as many as the sender says. The count goes into the
 * frame and gives every later record its offset, so a wrong one would shift the log for ever.
 * @throws LogError INVALID_ARGUMENT | RECORD_TOO_LARGE
 */
export function checkBatch(batch: Uint8Array, recordCount: number): void {
  const counted = countRecords(batch);
  if (counted === recordCount) return;
  throw new LogError(
    "INVALID_ARGUMENT",
    `the batch holds ${counted} records and its record_count says ${recordCount}`,
    { hint: "set record_count to the number of records in the batch" },
  );
}
