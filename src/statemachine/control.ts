import { LogError } from "../common/errors.ts";
import { MAX_SEGMENT_BYTES, MIN_SEGMENT_BYTES } from "../common/limits.ts";
import type { LogSettings } from "./settings.ts";

/** Payload of a `control` entry: JSON with sorted keys, so that equal controls are equal bytes. */
export type Control =
  | { readonly control: "settings"; readonly settings: LogSettings }
  /** The next entry starts a new segment. */
  | { readonly control: "roll" };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export function encodeControl(control: Control): Uint8Array {
  if (control.control === "roll") return encoder.encode('{"control":"roll"}');
  const { segmentBytes, segmentMs } = control.settings;
  return encoder.encode(
    JSON.stringify({
      control: "settings",
      ...(segmentMs !== undefined && { segmentMs }),
      segmentBytes,
    }),
  );
}

/** @throws LogError CORRUPT when the bytes are no control that this version knows. */
export function decodeControl(payload: Uint8Array): Control {
  const fields = parse(payload);
  if (fields["control"] === "roll") return { control: "roll" };
  if (fields["control"] !== "settings") throw unknown(payload);
  const segmentBytes = fields["segmentBytes"];
  const segmentMs = fields["segmentMs"];
  if (
    typeof segmentBytes !== "number" ||
    !Number.isSafeInteger(segmentBytes) ||
    segmentBytes < MIN_SEGMENT_BYTES ||
    segmentBytes > MAX_SEGMENT_BYTES
  )
    throw unknown(payload);
  if (segmentMs !== undefined && (typeof segmentMs !== "number" || segmentMs <= 0))
    throw unknown(payload);
  return { control: "settings", settings: { segmentBytes, segmentMs } };
}

function parse(payload: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(decoder.decode(payload));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw new LogError("CORRUPT", "a control entry's payload is not JSON", { cause });
  }
  throw unknown(payload);
}

function unknown(payload: Uint8Array): LogError {
  const text = new TextDecoder().decode(payload.subarray(0, 60));
  return new LogError("CORRUPT", `unknown control entry ${text}; a newer version wrote it`);
}
