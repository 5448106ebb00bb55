import type { LogError } from "../common/errors.ts";

/**
 * The workbench's error codes. A *definite* error says that the operation did not happen and never
 * will; `timeout` and `crash` say nothing.
 */
export const CODES = {
  timeout: 0,
  notSupported: 10,
  temporarilyUnavailable: 11,
  malformedRequest: 12,
  crash: 13,
  abort: 14,
  keyDoesNotExist: 20,
  keyAlreadyExists: 21,
  preconditionFailed: 22,
  transactionConflict: 30,
} as const;

export type WorkbenchCode = (typeof CODES)[keyof typeof CODES];

/** What a client is told instead of its answer. */
export class WorkbenchError extends Error {
  override readonly name = "WorkbenchError";
  readonly code: WorkbenchCode;

  constructor(code: WorkbenchCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The request cannot be understood: nothing was done. */
export function malformed(message: string): WorkbenchError {
  return new WorkbenchError(CODES.malformedRequest, message);
}

/** Try again: nothing was done, since there was no leader, no majority, or no room. */
export function unavailable(message: string): WorkbenchError {
  return new WorkbenchError(CODES.temporarilyUnavailable, message);
}

/** Nobody can say whether it was done. */
export function undecided(message: string): WorkbenchError {
  return new WorkbenchError(CODES.timeout, message);
}

/** An append that was refused for good. Only for errors whose outcome is `failed`. */
export function refused(error: LogError): WorkbenchError {
  if (error.retryable) return unavailable(error.message);
  if (error.code === "RECORD_TOO_LARGE" || error.code === "INVALID_ARGUMENT")
    return malformed(error.message);
  return new WorkbenchError(CODES.abort, error.message);
}
