import { expect, it } from "vitest";
import type { LogIndex, Offset } from "../../../src/common/brand.ts";
import { KeyTable } from "../../../src/storage/compaction/key-table.ts";
import { Survival } from "../../../src/storage/compaction/survival.ts";
import { RULES } from "./support/prefix-bench.ts";

it("a tombstone stays while an older record of its key does, even if clocks went back", () => {
  const key = Buffer.from("a");
  const table = new KeyTable(1000);
  table.add(key, 1);
  const knownTo = 2 as Offset;
  const survival = new Survival({
    order: {
      index: 2 as LogIndex,
      snapshotTimestamp: 1000,
      logStartOffset: 0 as Offset,
      rules: { ...RULES, minCompactionLagMs: 100 },
    },
    covers: [{ nextOffset: knownTo, timestamp: 1000 }],
    ...{ table, knownTo, oldest: true },
  });
  const bytes = Buffer.from("");
  expect(survival.keeps({ key, tombstone: false, bytes }, 0, 950)).toBe(true);
  expect(survival.keeps({ key, tombstone: true, bytes }, 1, 800)).toBe(true);
  const other = Buffer.from("b");
  expect(survival.keeps({ key: other, tombstone: true, bytes }, 1, 800)).toBe(false);
});
