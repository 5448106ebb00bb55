import { ERROR_CODES, type ErrorCode, LogError } from "../common/errors.ts";
import type { AppendFailure } from "../wire/log-messages.ts";

const CODES: ReadonlySet<string> = new Set(ERROR_CODES);

/** A failure as a stream tells it. A code of a later version is read as "not available". */
export function failureError({ code, message, unknown, leader }: AppendFailure): LogError {
  const known = CODES.has(code) ? (code as ErrorCode) : "UNAVAILABLE";
  return new LogError(known, message, {
    outcome: unknown ? "unknown" : "failed",
    leader: leader === "" ? undefined : leader,
  });
}
