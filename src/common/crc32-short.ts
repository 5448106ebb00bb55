/** Eight tables: eight bytes a step ("slicing by 8"). */
const TABLES = makeTables();
const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES;

type Tables = readonly [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

function makeTables(): Tables {
  const table = () => new Int32Array(256);
  const tables: Tables = [table(), table(), table(), table(), table(), table(), table(), table()];
  const [first] = tables;
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    first[byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (const one of tables) {
      crc = (crc >>> 8) ^ at8(first, crc);
      one[byte] = crc;
    }
  }
  return tables;
}

/**
 * The same sum as `zlib.crc32`, over `length` bytes at `at`, going on from `seed`. For headers and
 * rows: below some hundred bytes the native call costs more than the sum (44 bytes: 115 ns against
 * 30; 72 bytes: 165 against 50).
 */
export function crc32Short(view: DataView, at: number, length: number, seed: number): number {
  let crc = ~seed;
  let next = at;
  const end = at + length;
  for (; next + 8 <= end; next += 8) {
    const a = view.getInt32(next, true) ^ crc;
    const b = view.getInt32(next + 4, true);
    crc =
      at8(T7, a) ^
      at8(T6, a >>> 8) ^
      at8(T5, a >>> 16) ^
      at8(T4, a >>> 24) ^
      at8(T3, b) ^
      at8(T2, b >>> 8) ^
      at8(T1, b >>> 16) ^
      at8(T0, b >>> 24);
  }
  for (; next < end; next++) crc = (crc >>> 8) ^ at8(T0, crc ^ view.getUint8(next));
  return ~crc >>> 0;
}

function at8(table: Int32Array, value: number): number {
  return table[value & 0xff] ?? 0;
}
