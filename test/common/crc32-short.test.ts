import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32Short } from "../../src/common/crc32-short.ts";
import { viewOf } from "../../src/common/frame.ts";

describe("the checksum of short pieces", () => {
  it("is zlib's, for every length, place and seed", () => {
    const seed = fc.integer({ min: 0, max: 0xffff_ffff });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(120), seed, (bytes, cut, start) => {
        const at = Math.min(cut, bytes.length);
        const length = bytes.length - at;
        // zlib forgets the seed over no bytes at all; nobody sums none.
        fc.pre(length > 0);
        expect(crc32Short(viewOf(bytes), at, length, start)).toBe(crc32(bytes.subarray(at), start));
      }),
      { numRuns: 2_000 },
    );
  });
});
