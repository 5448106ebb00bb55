const TWO_32 = 0x1_0000_0000;

/** Writes a safe, non-negative integer as a little-endian u64. */
export function writeU64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / TWO_32);
  view.setUint32(at, value - high * TWO_32, true);
  view.setUint32(at + 4, high, true);
}

/** Reads a little-endian u64; above 2^53 the result is not a safe integer. */
export function readU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_32;
}
