import type { EntryType } from "../../common/frame.ts";

/** Payload of `control: roll`, the only entry whose content decides where a segment ends. */
export const ROLL_REQUEST = new TextEncoder().encode('{"control":"roll"}');

/** Whether the entry asks for the next one to start a segment. */
export function isRollRequest(type: EntryType, payload: Uint8Array): boolean {
  if (type !== "control" || payload.length !== ROLL_REQUEST.length) return false;
  return ROLL_REQUEST.every((byte, at) => payload[at] === byte);
}
