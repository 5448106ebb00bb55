import { type ErrorCode, LogError, type Outcome } from "../common/errors.ts";
import { FatalError } from "../common/fatal-error.ts";
import { EXIT, EXIT_OF_CODE } from "./exit-codes.ts";

/** Codes a command may end with: those of the cluster, and what can only go wrong here. */
export type FailureCode = ErrorCode | "IO" | "INVARIANT" | "UNHEALTHY" | "INTERNAL";

/** A command cannot go on: one clear line, what to do next, and what the shell is told. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: number;
  readonly code: FailureCode;
  readonly hint: string | undefined;

  constructor(exitCode: number, code: FailureCode, message: string, hint?: string) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
    this.hint = hint;
  }
}

/** How a failure is told, as text or as JSON. */
export interface FailureReport {
  readonly exitCode: number;
  readonly code: FailureCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly outcome: Outcome;
}

const FATAL_CODES = { config: "INVALID_ARGUMENT", io: "IO", corruption: "CORRUPT" } as const;

/** Total: whatever was thrown becomes a report. */
export function reportOf(thrown: unknown): FailureReport {
  if (thrown instanceof Failure) return { ...pick(thrown), retryable: false, outcome: "failed" };
  if (thrown instanceof LogError) {
    const { code, message, retryable, outcome } = thrown;
    const exitCode = outcome === "unknown" ? EXIT.outcomeUnknown : EXIT_OF_CODE[code];
    return { exitCode, code, message, hint: hintOf(thrown), retryable, outcome };
  }
  if (thrown instanceof FatalError) {
    const code = thrown.kind === "invariant" ? "INVARIANT" : FATAL_CODES[thrown.kind];
    const { exitCode, message } = thrown;
    return { exitCode, code, message, hint: undefined, retryable: false, outcome: "failed" };
  }
  if (thrown instanceof Error && thrown.name === "ConfigError")
    return plain(EXIT.invalidValue, "INVALID_ARGUMENT", thrown.message);
  if (isSystemError(thrown)) return plain(EXIT.io, "IO", thrown.message);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return plain(EXIT.error, "INTERNAL", message);
}

/** The value of `flag` cannot be used. */
export function invalidValue(flag: string, message: string, hint?: string): Failure {
  return new Failure(EXIT.invalidValue, "INVALID_ARGUMENT", `${flag}: ${message}`, hint);
}

function pick({ exitCode, code, message, hint }: Failure) {
  return { exitCode, code, message, hint };
}

function plain(exitCode: number, code: FailureCode, message: string): FailureReport {
  return { exitCode, code, message, hint: undefined, retryable: false, outcome: "failed" };
}

function hintOf(error: LogError): string | undefined {
  if (error.hint !== undefined) return error.hint;
  if (error.outcome === "unknown") return "it may have been written: read the log before retrying";
  if (error.leader !== undefined) return `the leader is at ${error.leader}`;
  if (error.code === "UNAVAILABLE")
    return "is the cluster up? `npx --no balsa cluster status`, or name it with --endpoints";
  if (error.code === "NO_QUORUM" || error.code === "NOT_LEADER")
    return "a majority of the nodes must be up: `npx --no balsa status`";
  return undefined;
}

function isSystemError(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && "syscall" in thrown && "code" in thrown;
}
