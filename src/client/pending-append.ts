import type { LogError } from "../common/errors.ts";

/** On disk, synced, on a majority. */
export interface AppendAck {
  readonly offset: number;
  readonly term: number;
  /** Raft index of the entry that holds the record. */
  readonly index: number;
  /** True when the cluster had it already from an earlier attempt. */
  readonly duplicate: boolean;
}

/** One `append` or `appendBatch` until its caller knows the outcome. */
export interface PendingAppend {
  /** Encoded records. */
  readonly payload: Uint8Array;
  readonly recordCount: number;
  /** What it counts for in `bufferedBytes`. */
  readonly bytes: number;
  /** Time of the monotonic clock. */
  readonly deadlineMs: number;
  /** Its records are written, the first at `offset`. */
  readonly written: (offset: number, term: number, index: number) => void;
  readonly reject: (error: LogError) => void;
  /** Grows with every append of the producer. */
  serial: number;
  /** `unsent`: its batch has a sequence, but is certainly not in the log. */
  state: "queued" | "unsent" | "sent" | "settled";
}

/** Appends that share one entry of the log. A retry sends the same grouping. */
export interface SentBatch {
  /** Sequence of the first record; counts records. */
  readonly sequence: number;
  readonly recordCount: number;
  readonly payload: Uint8Array;
  readonly appends: readonly PendingAppend[];
  /** False once it is certain that it was not written: no evidence is needed then. */
  maybeWritten: boolean;
}

/** Notes whether the batch may be in the log; its callers learn it if they give up now. */
export function markWritten(batch: SentBatch, maybe: boolean): void {
  batch.maybeWritten = maybe;
  for (const append of batch.appends)
    if (append.state !== "settled") append.state = maybe ? "sent" : "unsent";
}

/** True when nobody waits for the batch any more. */
export function abandoned(batch: SentBatch): boolean {
  return batch.appends.every(({ state }) => state === "settled");
}
