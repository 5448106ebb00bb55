import type { LogIndex, Offset } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { LogSettings } from "./settings.ts";
import { settingsFields, settingsOf } from "./settings-codec.ts";

/** Payload of a `control` entry: JSON with sorted keys, so that equal controls are equal bytes. */
export type Control =
  | { readonly control: "settings"; readonly settings: LogSettings }
  /** The next entry starts a new segment. */
  | { readonly control: "roll" }
  /** Records below are gone from here on, for every reader on every node. */
  | { readonly control: "trim"; readonly logStartOffset: Offset }
  /** Sealed segments up to `index`, the last one of a segment, may go where policy lets them. */
  | { readonly control: "snapshot"; readonly index: LogIndex };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export function encodeControl(control: Control): Uint8Array {
  const fields =
    control.control === "settings"
      ? { control: "settings", ...settingsFields(control.settings) }
      : control;
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return encoder.encode(JSON.stringify(Object.fromEntries(sorted)));
}

/** @throws LogError CORRUPT when the bytes are no control that this version knows. */
export function decodeControl(payload: Uint8Array): Control {
  const fields = parse(payload);
  const { control } = fields;
  if (control === "roll") return { control };
  if (control === "trim" && isPosition(fields["logStartOffset"]))
    return { control, logStartOffset: fields["logStartOffset"] as Offset };
  if (control === "snapshot" && isPosition(fields["index"]))
    return { control, index: fields["index"] as LogIndex };
  if (control !== "settings") throw unknown(payload);
  const settings = settingsOf(fields);
  if (typeof settings === "string") throw unknown(payload);
  return { control, settings };
}

function isPosition(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
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
