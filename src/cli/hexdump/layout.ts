import { viewOf } from "../../common/frame.ts";

/** One value of a binary structure: where it lies in it, and how it reads. */
export interface Field {
  readonly name: string;
  /** First byte, from the start of the structure. */
  readonly at: number;
  readonly length: number;
  /** What the bytes say, for a person. */
  readonly read: (view: DataView, at: number) => string;
}

/** A field with its bytes, as it lies in a file. */
export interface ReadField {
  readonly name: string;
  /** First byte, from the start of the file. */
  readonly position: number;
  readonly bytes: Uint8Array;
  readonly value: string;
}

const TWO_32 = 0x1_0000_0000n;

/** Little endian, of one to eight bytes; exact also where it is too large to be a safe integer. */
export function unsigned(view: DataView, at: number, length: number): bigint {
  let value = 0n;
  for (let byte = length - 1; byte >= 0; byte--)
    value = (value << 8n) | BigInt(view.getUint8(at + byte));
  return value;
}

export function number(name: string, at: number, length: 1 | 2 | 3 | 4 | 5 | 8): Field {
  return { name, at, length, read: (view, from) => String(unsigned(view, from, length)) };
}

/** A checksum or a chain: eight hexadecimal digits, as `dump` prints them. */
export function sum(name: string, at: number): Field {
  const read = (view: DataView, from: number) =>
    view.getUint32(from, true).toString(16).padStart(8, "0");
  return { name, at, length: 4, read };
}

/** Milliseconds since 1970. */
export function time(name: string, at: number): Field {
  const read = (view: DataView, from: number) => {
    const ms = unsigned(view, from, 8);
    const readable = ms < 8_000n * TWO_32 ? new Date(Number(ms)).toISOString() : "no time";
    return `${ms} (${readable})`;
  };
  return { name, at, length: 8, read };
}

/** ASCII that says what the structure is. */
export function magic(at: number, name = "magic"): Field {
  const read = (view: DataView, from: number) =>
    JSON.stringify(Buffer.from(view.buffer, view.byteOffset + from, 8).toString("latin1"));
  return { name, at, length: 8, read };
}

/** A value that counts from another: told both ways. */
export function relative(
  name: string,
  at: number,
  length: 4 | 5,
  base: number | undefined,
  what: string,
): Field {
  const read = (view: DataView, from: number) => {
    const value = unsigned(view, from, length);
    return base === undefined ? String(value) : `${value} (${what} ${value + BigInt(base)})`;
  };
  return { name, at, length, read };
}

/** The fields that `bytes` have room for; `position` is where `bytes` lie in their file. */
export function readFields(
  bytes: Uint8Array,
  position: number,
  fields: readonly Field[],
): readonly ReadField[] {
  const view = viewOf(bytes);
  return fields
    .filter(({ at, length }) => at + length <= bytes.length)
    .map(({ name, at, length, read }) => ({
      name,
      position: position + at,
      bytes: bytes.subarray(at, at + length),
      value: read(view, at),
    }));
}
