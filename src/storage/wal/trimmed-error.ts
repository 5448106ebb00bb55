import { LogError } from "../../common/errors.ts";
import type { SegmentList } from "./segment-list.ts";

/** What a reader is told who asks for what has left the log, or leaves it just now. */
export function trimmedError(segments: SegmentList): LogError {
  const logStartOffset = segments.first?.baseOffset ?? 0;
  return new LogError(
    "OFFSET_TRIMMED",
    `the records before offset ${logStartOffset} are no longer in the log`,
    { logStartOffset },
  );
}
