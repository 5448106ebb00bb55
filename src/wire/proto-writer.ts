const TWO_28 = 0x1000_0000;

/** Bytes that `value`, a safe non-negative integer, takes as a varint. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < TWO_28) return 4;
  return 4 + varintSize(Math.floor(value / TWO_28));
}

/** Writes `value`, a safe non-negative integer, at `at`; returns the position after it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let next = at;
  while (rest >= TWO_28) {
    bytes[next++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  while (rest >= 0x80) {
    bytes[next++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[next++] = rest;
  return next;
}

/** A call into native code costs more than this many bytes copied one by one. */
const SHORT_COPY_BYTES = 48;

/** Copies `source` to `at`; returns the position after it. */
export function writeBytes(bytes: Uint8Array, at: number, source: Uint8Array): number {
  const length = source.length;
  if (length > SHORT_COPY_BYTES) bytes.set(source, at);
  else for (let i = 0; i < length; i++) bytes[at + i] = source[i] as number;
  return at + length;
}
