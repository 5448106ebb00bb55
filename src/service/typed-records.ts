import type { Offset } from "../common/brand.ts";
import { frameRecords, iterateFrames } from "../wire/frame-records.ts";
import type { LogRecord } from "../wire/log-messages.ts";

/** Some records, and the offset to go on from. */
export interface RecordPage {
  readonly records: readonly LogRecord[];
  readonly nextOffset: Offset;
  readonly bytes: number;
}

/** Numbers, tags and lengths of one typed record; generous. */
const RECORD_OVERHEAD_BYTES = 72;

function typedSize({ key, value, headers }: LogRecord): number {
  let size = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers) size += 16 + header.name.length * 3 + header.value.length;
  return size;
}

/**
 * The records of whole frames from `from` on, as pages of about `maxBytes` (at least one record
 * each). Typed records are larger than the batch they come from: one batch may need two pages.
 */
export function* recordPages(
  frames: Uint8Array,
  from: Offset,
  maxBytes: number,
): Generator<RecordPage> {
  let records: LogRecord[] = [];
  let bytes = 0;
  let nextOffset = from;
  for (const frame of iterateFrames(frames)) {
    for (const record of frameRecords(frame)) {
      if (record.offset < from) continue;
      const size = typedSize(record);
      if (records.length > 0 && bytes + size > maxBytes) {
        yield { records, nextOffset, bytes };
        records = [];
        bytes = 0;
      }
      records.push(record);
      bytes += size;
      nextOffset = (record.offset + 1) as Offset;
    }
  }
  if (records.length > 0) yield { records, nextOffset, bytes };
}
