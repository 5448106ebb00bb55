import { describe, expect, it } from "vitest";
import { BoundsCache, PageBounds } from "../../../src/storage/wal/page-bounds.ts";

function bounds(...firsts: readonly number[]): PageBounds {
  const found = new PageBounds(firsts.length);
  for (const offset of firsts) found.add({ offset, timestamp: offset * 10 });
  return found;
}

describe("page bounds", () => {
  it("name the last page that begins at or before the target", () => {
    const found = bounds(5, 9, 9, 20);
    const pages = [4, 5, 8, 9, 19, 20, 99].map((target) => found.pageOf("offset", target));
    expect(pages).toEqual([0, 0, 0, 2, 2, 3, 3]);
    expect(found.pageOf("timestamp", 199)).toBe(2);
  });

  it("name among the pages added so far", () => {
    const found = new PageBounds(3);
    expect(found.pageOf("offset", 50)).toBe(0);
    found.add({ offset: 1, timestamp: 1 });
    found.add({ offset: 40, timestamp: 1 });
    expect(found.pageOf("offset", 50)).toBe(1);
  });
});

describe("the cache of page bounds", () => {
  it("holds so many pages, and lets go of what was used longest ago", () => {
    const cache = new BoundsCache(5);
    const held = () => ["a", "b", "c", "d"].filter((stem) => cache.get(stem) !== undefined);
    for (const stem of ["a", "b", "c"]) cache.set(stem, bounds(1));
    expect(held()).toEqual(["a", "b", "c"]);
    cache.get("a");
    cache.set("d", bounds(1, 2, 3));
    expect(held()).toEqual(["a", "c", "d"]);
    cache.set("e", bounds(1, 2, 3, 4, 5));
    expect(held()).toEqual([]);
  });

  it("counts what was replaced or deleted no more", () => {
    const cache = new BoundsCache(4);
    cache.set("a", bounds(1, 2));
    cache.set("a", bounds(1, 2, 3));
    cache.delete("a");
    cache.delete("a");
    cache.set("b", bounds(1, 2, 3, 4));
    expect(cache.get("b")).toBeDefined();
  });
});
