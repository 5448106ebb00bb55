import { LogError } from "../common/errors.ts";
import { MAX_BATCH_BYTES } from "../common/limits.ts";
import type { CallOptions } from "./call-options.ts";
import type { Codec } from "./codec.ts";

/** Where a tail begins. `last` counts back from the end; `timestamp` is milliseconds or a Date. */
export type From =
  | "start"
  | "end"
  | { readonly offset: number }
  | { readonly timestamp: number | Date }
  | { readonly last: number };

export interface TailOptions<V = Uint8Array> extends CallOptions {
  /** Default `start`. */
  readonly from?: From | undefined;
  /**
   * Ends before this offset; `end`: at the high watermark that a majority confirms at the start.
   * Absent: goes on until it is stopped.
   */
  readonly to?: number | "end" | undefined;
  /** Default: values are bytes. */
  readonly codec?: Codec<V> | undefined;
  /**
   * `linearizable` (default): sees at least everything acknowledged before it began, from any
   * node. `local`: what the asked node has.
   */
  readonly consistency?: "linearizable" | "local" | undefined;
  /**
   * With `local`: from no node that is behind what this client was acknowledged, or has read,
   * before. `linearizable` sees that in any case. Default false.
   */
  readonly session?: boolean | undefined;
  /** Bytes per message; up to sixteen are read ahead. Default 256 KiB. */
  readonly maxBytes?: number | undefined;
  /** When the position was trimmed away: an error (default), or on from the log start offset. */
  readonly onTrimmed?: "error" | "skip-to-start" | undefined;
  /** Stops the tail: the iteration ends as if it had been left by `break`. */
  readonly signal?: AbortSignal | undefined;
  /** The iteration ends with `TIMEOUT` after this long. Absent: never. */
  readonly timeoutMs?: number | undefined;
}

function count(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new LogError("INVALID_ARGUMENT", `${name} is ${value}`, { hint: "give 0, 1, 2 …" });
}

/** @throws LogError INVALID_ARGUMENT naming the option */
export function checkTailOptions(options: Omit<TailOptions, "codec">): void {
  const { from = "start", to = "end", maxBytes = 1 } = options;
  if (typeof to === "number") count("to", to);
  else if (to !== "end") throw new LogError("INVALID_ARGUMENT", `to is ${String(to)}`);
  if (!(maxBytes >= 1 && maxBytes <= MAX_BATCH_BYTES))
    throw new LogError("INVALID_ARGUMENT", `maxBytes is ${maxBytes}`, {
      hint: `give 1 to ${MAX_BATCH_BYTES}`,
    });
  if (from === "start" || from === "end") return;
  if (typeof from !== "object")
    throw new LogError("INVALID_ARGUMENT", `from is ${String(from)}`, {
      hint: "give start, end, { offset }, { timestamp } or { last }",
    });
  if ("offset" in from) count("from.offset", from.offset);
  else if ("last" in from) count("from.last", from.last);
  else count("from.timestamp", Number(from.timestamp));
}
