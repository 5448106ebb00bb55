import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { KeyTable } from "../../../src/storage/compaction/key-table.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);

function newest(table: KeyTable, key: string): number | undefined {
  const entry = table.find(bytes(key));
  return entry < 0 ? undefined : table.offset(entry);
}

describe("the key table", () => {
  it("knows the newest offset of every key, however many there are", () => {
    const table = new KeyTable(1 << 24);
    for (let offset = 0; offset < 30_000; offset++)
      expect(table.add(bytes(`key ${offset % 9000}`), offset)).toBe(true);
    expect(table.size).toBe(9000);
    for (let i = 0; i < 9000; i++)
      expect(newest(table, `key ${i}`)).toBe(i < 3000 ? 27_000 + i : 18_000 + i);
    expect(newest(table, "key 9000")).toBeUndefined();
  });

  it("tells keys apart that have one checksum, and long ones by their last byte", () => {
    const table = new KeyTable(1 << 20);
    const long = "x".repeat(5000);
    table.add(bytes(`${long}a`), 1);
    table.add(bytes(`${long}b`), 2);
    expect([newest(table, `${long}a`), newest(table, `${long}b`)]).toEqual([1, 2]);
    // Two texts longer than those hashed in place, found by search, that CRC-32 takes for one.
    const [one, other] = ["p".repeat(28) + "plumless", "p".repeat(28) + "buckeroo"];
    expect(crc32(bytes(one))).toBe(crc32(bytes(other)));
    table.add(bytes(one), 3);
    table.add(bytes(other), 4);
    expect([newest(table, one), newest(table, other)]).toEqual([3, 4]);
  });

  it("takes an empty key for a key", () => {
    const table = new KeyTable(1000);
    table.add(bytes(""), 5);
    expect(newest(table, "")).toBe(5);
  });

  it("is full at its bound, still takes known keys, and always holds one", () => {
    const table = new KeyTable(100);
    expect(table.add(bytes("x".repeat(500)), 0)).toBe(true);
    expect(table.add(bytes("y"), 1)).toBe(false);
    expect(newest(table, "y")).toBeUndefined();
    expect(table.add(bytes("x".repeat(500)), 2)).toBe(true);
    expect(newest(table, "x".repeat(500))).toBe(2);
  });

  it("remembers which keys are pinned", () => {
    const table = new KeyTable(1000);
    table.add(bytes("a"), 1);
    table.add(bytes("b"), 2);
    table.pin(table.find(bytes("b")));
    expect(["a", "b"].map((key) => table.isPinned(table.find(bytes(key))))).toEqual([false, true]);
  });
});
