import { LogError } from "../common/errors.ts";

/** How long, and until when, the caller waits. */
export interface CallOptions {
  /** Ends the call with `ABORTED`, or `TIMEOUT` where the signal is a timeout. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the call with `TIMEOUT`. Default: `retry.maxElapsedMs` of the client. */
  readonly timeoutMs?: number | undefined;
}

/** @throws LogError INVALID_ARGUMENT when `timeoutMs` is no duration; the signal's reason */
export function checkCallOptions({ signal, timeoutMs }: CallOptions): void {
  if (timeoutMs !== undefined && !(timeoutMs >= 0))
    throw new LogError("INVALID_ARGUMENT", `timeoutMs is ${timeoutMs}`, {
      hint: "give milliseconds, 0 or more",
    });
  if (signal?.aborted === true) throw LogError.from(signal.reason);
}
