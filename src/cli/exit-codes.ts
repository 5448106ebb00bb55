import type { ErrorCode } from "../common/errors.ts";

/** What a shell learns; `design.md` section 7 fixes the numbers. */
export const EXIT = {
  ok: 0,
  error: 1,
  cannotConnect: 2,
  invalidValue: 3,
  serverError: 4,
  unhealthy: 5,
  io: 6,
  noQuorum: 7,
  corruption: 8,
  outcomeUnknown: 9,
  invariant: 10,
  timeout: 124,
  badFlags: 128,
  interrupted: 130,
  terminated: 143,
} as const;

/** The exit code of an error a cluster answered with, when its outcome is known. */
export const EXIT_OF_CODE: Readonly<Record<ErrorCode, number>> = {
  NOT_LEADER: EXIT.noQuorum,
  NO_QUORUM: EXIT.noQuorum,
  TIMEOUT: EXIT.timeout,
  EXPECTATION_FAILED: EXIT.serverError,
  OFFSET_TRIMMED: EXIT.invalidValue,
  OFFSET_BEYOND_END: EXIT.invalidValue,
  PRODUCER_FENCED: EXIT.serverError,
  SEQUENCE_CONFLICT: EXIT.serverError,
  RECORD_TOO_LARGE: EXIT.invalidValue,
  BACKPRESSURE: EXIT.serverError,
  STORAGE_FULL: EXIT.serverError,
  CORRUPT: EXIT.corruption,
  INVALID_ARGUMENT: EXIT.invalidValue,
  UNAVAILABLE: EXIT.cannotConnect,
  CLOSED: EXIT.error,
  ABORTED: EXIT.error,
};
