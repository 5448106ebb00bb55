import { Metadata, status as grpcStatus } from "@grpc/grpc-js";
import { ERROR_CODES, type ErrorCode, LogError, type Outcome } from "../common/errors.ts";

/** What grpc-js takes to end a call with an error, and what a failed call gives. */
export interface CallStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** One status for each code; clients of other languages see it, our own reads `balsa-code`. */
export const STATUS_OF_CODE: Readonly<Record<ErrorCode, number>> = {
  NOT_LEADER: grpcStatus.UNAVAILABLE,
  NO_QUORUM: grpcStatus.UNAVAILABLE,
  TIMEOUT: grpcStatus.DEADLINE_EXCEEDED,
  EXPECTATION_FAILED: grpcStatus.FAILED_PRECONDITION,
  OFFSET_TRIMMED: grpcStatus.OUT_OF_RANGE,
  OFFSET_BEYOND_END: grpcStatus.OUT_OF_RANGE,
  PRODUCER_FENCED: grpcStatus.ABORTED,
  SEQUENCE_CONFLICT: grpcStatus.ABORTED,
  RECORD_TOO_LARGE: grpcStatus.INVALID_ARGUMENT,
  BACKPRESSURE: grpcStatus.RESOURCE_EXHAUSTED,
  STORAGE_FULL: grpcStatus.RESOURCE_EXHAUSTED,
  CORRUPT: grpcStatus.DATA_LOSS,
  INVALID_ARGUMENT: grpcStatus.INVALID_ARGUMENT,
  UNAVAILABLE: grpcStatus.UNAVAILABLE,
  CLOSED: grpcStatus.UNAVAILABLE,
  ABORTED: grpcStatus.CANCELLED,
};

const CODES: ReadonlySet<string> = new Set(ERROR_CODES);

/** Trailers are bounded by HTTP/2 header limits on the way: a long message must not lose them. */
const MAX_TEXT_CHARACTERS = 1024;

const INTERNAL_MESSAGE = "the node could not do it; its log tells why";

/** Ends a call with `thrown`. What is no LogError is told as internal, without its message. */
export function toStatus(thrown: unknown): CallStatus {
  const metadata = new Metadata();
  if (!(thrown instanceof LogError) || wrapsForeignMessage(thrown)) {
    metadata.set("balsa-code", "UNAVAILABLE");
    metadata.set("balsa-outcome", "unknown");
    return { code: grpcStatus.INTERNAL, details: INTERNAL_MESSAGE, metadata };
  }
  metadata.set("balsa-code", thrown.code);
  metadata.set("balsa-outcome", thrown.outcome);
  if (thrown.leader !== undefined) metadata.set("balsa-leader", encodeText(thrown.leader));
  if (thrown.term !== undefined) metadata.set("balsa-term", String(thrown.term));
  if (thrown.logStartOffset !== undefined)
    metadata.set("balsa-log-start-offset", String(thrown.logStartOffset));
  if (thrown.hint !== undefined) metadata.set("balsa-hint", encodeText(thrown.hint));
  return { code: STATUS_OF_CODE[thrown.code], details: clean(thrown.message), metadata };
}

/** `LogError.from` gives an exception's own message to the one it makes: not for other eyes. */
function wrapsForeignMessage(error: LogError): boolean {
  const { cause } = error;
  return cause instanceof Error && !(cause instanceof LogError) && cause.message === error.message;
}

/** grpc-js percent-encodes the message, and throws on half a surrogate pair. */
function clean(text: string): string {
  return text.slice(0, MAX_TEXT_CHARACTERS).replace(/\p{Surrogate}/gu, "\uFFFD");
}

/** Metadata values are printable ASCII. */
function encodeText(text: string): string {
  return encodeURIComponent(clean(text)).replace(/%(3A|20|2C|3B|2F|60|3D)/g, decodeURIComponent);
}

function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What a failed call of grpc-js has; nothing of it is trusted. */
export interface FailedCall {
  readonly code?: unknown;
  readonly details?: unknown;
  readonly metadata?: unknown;
}

/**
 * The LogError that a failed call means. `mayHaveEffect`: the call could have written something
 * before it failed, as an append that was on its way; then silence means `unknown`.
 */
export function fromStatus(failed: FailedCall, mayHaveEffect: boolean): LogError {
  const details = typeof failed.details === "string" ? failed.details : "";
  const told = readMetadata(failed.metadata);
  if (told !== undefined)
    return new LogError(told.code, details === "" ? told.code : details, {
      ...told,
      cause: failed,
    });
  const bare = bareStatus(failed.code, details);
  const outcome: Outcome = mayHaveEffect && bare.reached ? "unknown" : "failed";
  return new LogError(bare.code, bare.message, { outcome, hint: bare.hint, cause: failed });
}

interface Told {
  readonly code: ErrorCode;
  readonly outcome: Outcome;
  readonly leader: string | undefined;
  readonly term: number | undefined;
  readonly logStartOffset: number | undefined;
  readonly hint: string | undefined;
}

function readMetadata(metadata: unknown): Told | undefined {
  if (!(metadata instanceof Metadata)) return undefined;
  const code = text(metadata, "balsa-code");
  if (code === undefined || !CODES.has(code)) return undefined;
  return {
    code: code as ErrorCode,
    outcome: text(metadata, "balsa-outcome") === "failed" ? "failed" : "unknown",
    leader: text(metadata, "balsa-leader"),
    term: integer(metadata, "balsa-term"),
    logStartOffset: integer(metadata, "balsa-log-start-offset"),
    hint: text(metadata, "balsa-hint"),
  };
}

function text(metadata: Metadata, key: string): string | undefined {
  const value = metadata.get(key)[0];
  return typeof value === "string" && value !== "" ? decodeText(value) : undefined;
}

function integer(metadata: Metadata, key: string): number | undefined {
  const value = text(metadata, key);
  if (value === undefined || !/^\d{1,16}$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

interface Bare {
  readonly code: ErrorCode;
  readonly message: string;
  /** The call may have come to a handler. */
  readonly reached: boolean;
  readonly hint?: string;
}

/** grpc-js says so when it never had a connection to put the call on. */
const NEVER_SENT = /^(No connection established|Name resolution failed|Failed to connect)/;
const TOO_LARGE = /larger than|size limit/i;

/** A status that no Balsa handler wrote: from grpc-js itself, a proxy, or another server. */
function bareStatus(code: unknown, details: string): Bare {
  const message = details === "" ? "the call failed without a reason" : details;
  switch (code) {
    case grpcStatus.CANCELLED:
    case grpcStatus.ABORTED:
      return { code: "ABORTED", message, reached: true };
    case grpcStatus.DEADLINE_EXCEEDED:
      return { code: "TIMEOUT", message: "the time allowed for the call ran out", reached: true };
    case grpcStatus.RESOURCE_EXHAUSTED:
      if (TOO_LARGE.test(details)) return { code: "RECORD_TOO_LARGE", message, reached: true };
      return { code: "BACKPRESSURE", message, reached: true };
    case grpcStatus.INVALID_ARGUMENT:
      return { code: "INVALID_ARGUMENT", message, reached: false };
    case grpcStatus.OUT_OF_RANGE:
      return { code: "OFFSET_BEYOND_END", message, reached: false };
    case grpcStatus.UNIMPLEMENTED:
    case grpcStatus.NOT_FOUND: {
      const hint = "is this the client address of a Balsa node of the same version?";
      return { code: "INVALID_ARGUMENT", message, reached: false, hint };
    }
    case grpcStatus.PERMISSION_DENIED:
    case grpcStatus.UNAUTHENTICATED:
    case grpcStatus.FAILED_PRECONDITION:
    case grpcStatus.ALREADY_EXISTS:
      return { code: "INVALID_ARGUMENT", message, reached: false };
    case grpcStatus.DATA_LOSS:
      return { code: "CORRUPT", message, reached: true };
    case grpcStatus.UNAVAILABLE:
      return { code: "UNAVAILABLE", message, reached: !NEVER_SENT.test(details) };
    default:
      return { code: "UNAVAILABLE", message, reached: true };
  }
}
