import type { ReadField } from "./layout.ts";

const LINE_BYTES = 16;
const FIELD_BYTES = 8;

export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** `       8  01 00 00 00 00 00 00 00  index              1` */
export function fieldLine({ name, position, bytes, value }: ReadField): string {
  const shown = hex(bytes).padEnd(3 * FIELD_BYTES - 1);
  return `${place(position)}  ${shown}  ${name.padEnd(19)} ${value}`.trimEnd();
}

/** Bytes as they are: sixteen a line, in hexadecimal and as ASCII. */
export function* byteLines(bytes: Uint8Array, position: number): Generator<string> {
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    const line = bytes.subarray(at, at + LINE_BYTES);
    const halves = `${hex(line.subarray(0, 8)).padEnd(23)}  ${hex(line.subarray(8)).padEnd(23)}`;
    yield `${place(position + at)}  ${halves}  |${ascii(line)}|`;
  }
}

function place(position: number): string {
  return String(position).padStart(10);
}

function ascii(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."))
    .join("");
}
