/** The closed set of error codes; each tells the caller what to do next. */
export const ERROR_CODES = [
  "NOT_LEADER",
  "NO_QUORUM",
  "TIMEOUT",
  "EXPECTATION_FAILED",
  "OFFSET_TRIMMED",
  "OFFSET_BEYOND_END",
  "PRODUCER_FENCED",
  "SEQUENCE_CONFLICT",
  "RECORD_TOO_LARGE",
  "BACKPRESSURE",
  "STORAGE_FULL",
  "CORRUPT",
  "INVALID_ARGUMENT",
  "UNAVAILABLE",
  "CLOSED",
  "ABORTED",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** `unknown`: the append may have been written; `failed`: it was not and will not be. */
export type Outcome = "failed" | "unknown";

const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  "NOT_LEADER",
  "NO_QUORUM",
  "BACKPRESSURE",
  "STORAGE_FULL",
  "UNAVAILABLE",
]);

export interface LogErrorDetails {
  /** Default: `failed`. */
  readonly outcome?: Outcome | undefined;
  /** Client address (`host:port`) of the leader, when the answering node knows it. */
  readonly leader?: string | undefined;
  readonly term?: number | undefined;
  readonly logStartOffset?: number | undefined;
  /** What to do, in one line. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** The only error users meet. `retryable` means: safe to send again as it is. */
export class LogError extends Error {
  override readonly name = "LogError";
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly outcome: Outcome;
  readonly leader: string | undefined;
  readonly term: number | undefined;
  readonly logStartOffset: number | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: LogErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.outcome = details.outcome ?? "failed";
    this.retryable = RETRYABLE.has(code) && this.outcome === "failed";
    this.leader = details.leader;
    this.term = details.term;
    this.logStartOffset = details.logStartOffset;
    this.hint = details.hint;
  }

  /** Total: whatever was thrown becomes a LogError; one that is already stays the same. */
  static from(thrown: unknown): LogError {
    if (thrown instanceof LogError) return thrown;
    if (thrown instanceof Error && thrown.name === "TimeoutError")
      return new LogError("TIMEOUT", "the time allowed for the call ran out", { cause: thrown });
    if (thrown instanceof Error && thrown.name === "AbortError")
      return new LogError("ABORTED", "the call was aborted", { cause: thrown });
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new LogError("UNAVAILABLE", message, { cause: thrown });
  }
}
