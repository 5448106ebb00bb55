import { LogError } from "../common/errors.ts";
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from "../common/limits.ts";
import type { Codec } from "./codec.ts";

export interface ProducerOptions<V = Uint8Array> {
  /** Default: values are bytes. */
  readonly codec?: Codec<V> | undefined;
  /**
   * How long an append waits for company before it is sent. Default 0: what is appended in the
   * same tick, or while `maxInFlight` batches are under way, shares a batch, and nothing waits.
   */
  readonly lingerMs?: number | undefined;
  /** Largest batch made by coalescing, in encoded bytes. Default 256 KiB. */
  readonly batchBytes?: number | undefined;
  /** Most records in a coalesced batch. Default 4096; 1: every append is its own entry. */
  readonly batchRecords?: number | undefined;
  /**
   * Bytes of batches that share one gRPC message; a larger batch travels alone. Default 1 MiB;
   * 1: every batch travels alone.
   */
  readonly maxMessageBytes?: number | undefined;
  /** Batches sent and not yet acknowledged. Default 64. */
  readonly maxInFlight?: number | undefined;
  /** An append that would take the buffer past this is refused. Default 32 MiB. */
  readonly maxBufferedBytes?: number | undefined;
}

export interface ProducerLimits {
  readonly lingerMs: number;
  readonly batchBytes: number;
  readonly batchRecords: number;
  readonly maxMessageBytes: number;
  readonly maxInFlight: number;
  readonly maxBufferedBytes: number;
}

/** @throws LogError INVALID_ARGUMENT naming the option */
export function producerLimits(options: Omit<ProducerOptions, "codec">): ProducerLimits {
  const limits = {
    lingerMs: between("lingerMs", options.lingerMs ?? 0, 0, 60_000),
    batchBytes: between("batchBytes", options.batchBytes ?? 256 * 1024, 1, MAX_BATCH_BYTES),
    batchRecords: between("batchRecords", options.batchRecords ?? 4096, 1, MAX_BATCH_RECORDS),
    maxMessageBytes: between("maxMessageBytes", options.maxMessageBytes ?? 1 << 20, 1, 1 << 20),
    maxInFlight: between("maxInFlight", options.maxInFlight ?? 64, 1, 1 << 20),
    maxBufferedBytes: between(
      "maxBufferedBytes",
      options.maxBufferedBytes ?? 32 << 20,
      1,
      Number.MAX_SAFE_INTEGER,
    ),
  };
  return limits;
}

function between(name: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value;
  throw new LogError("INVALID_ARGUMENT", `${name} is ${value}`, {
    hint: `give a number from ${min} to ${max}`,
  });
}
