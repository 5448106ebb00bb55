import { describe, expect, it } from "vitest";
import type { LogIndex } from "../../../src/common/brand.ts";
import type { Fault } from "../../../src/sim/disk/index.ts";
import type { LogStore } from "../../../src/storage/types.ts";
import { append, data, newDisk, openLog, readAll } from "./support/log-bench.ts";
import { FAR_AHEAD } from "./support/prefix-story.ts";

const entries = (count: number) => Array.from({ length: count }, (_, at) => data(at, 1, 60));

const FAULTS: readonly (readonly [string, Fault])[] = [
  ["frames_cannotBeWritten", { operation: "write", path: /\.log$/, effect: "fail" }],
  ["frames_diskFull", { operation: "write", path: /\.log$/, effect: "fail", code: "ENOSPC" }],
  ["frames_cannotBeSynced", { operation: "sync", path: /\.log$/, effect: "fail" }],
  ["rows_cannotBeWritten", { operation: "write", path: /\.index$/, effect: "fail" }],
  ["rows_cannotBeSynced", { operation: "sync", path: /\.index$/, effect: "fail" }],
  ["roll_cannotCreate", { operation: "create", path: /\.log$/, effect: "fail" }],
  ["roll_cannotSyncDirectory", { operation: "syncDirectory", path: /log$/, effect: "fail" }],
  ["roll_cannotWriteManifest", { operation: "write", path: /hard-state/, effect: "fail" }],
];

describe("a write or sync that fails", () => {
  it.each(FAULTS)("%s: is told once, and nothing is persisted afterwards", async (_name, fault) => {
    const disk = await newDisk();
    const { log, heard } = await openLog(disk.mount());
    const acknowledged = append(log, 1, entries(2));
    await heard.until(() => heard.durable === 2);
    disk.fault(fault);
    // Enough to roll.
    append(log, 1, entries(6));
    await heard.until(() => heard.failures.length > 0);
    const [failure] = heard.failures;
    expect(failure?.kind).toBe("io");
    const { durable } = heard;
    append(log, 1, entries(3));
    log.committed(2 as LogIndex);
    await log.close();
    expect(heard.failures).toHaveLength(1);
    expect(heard.durable).toBe(durable);

    disk.kill();
    const again = await openLog(disk.mount());
    expect(again.log.tail.last.index).toBeGreaterThanOrEqual(durable);
    const found = await readAll(again.log);
    const kept = acknowledged.map(({ bytes }) => bytes);
    expect(found.subarray(0, 2 * 148).equals(Buffer.concat(kept))).toBe(true);
  });

  it("seal_cannotWriteFooter: is told once", async () => {
    const disk = await newDisk();
    const { log, heard } = await openLog(disk.mount());
    append(log, 1, entries(6));
    await heard.until(() => heard.durable === 6);
    disk.fault({ operation: "sync", path: /00000\.log$/, effect: "fail" });
    log.committed(6 as LogIndex);
    await heard.until(() => heard.failures.length > 0);
    expect(heard.sealed).toEqual([]);
    await log.close();
  });

  it("truncateSuffix_cannotCut: is told once, and what follows is never persisted", async () => {
    const disk = await newDisk();
    const { log, heard } = await openLog(disk.mount());
    append(log, 1, entries(3));
    await heard.until(() => heard.durable === 3);
    disk.fault({ operation: "truncate", path: /\.index$/, effect: "fail" });
    log.truncateSuffix(2 as LogIndex);
    append(log, 2, entries(1));
    await heard.until(() => heard.failures.length > 0);
    expect(log.durable).toBe(1);
    expect(heard.durable).toBe(3);
    await log.close();
  });
});

// Found by reading: it resolved, and the compacted files that the hard state still named were
// removed as old ones. The node could never start again.
describe("a snapshot that takes the place of a log whose disk has failed", () => {
  const replacements = [
    ["reset", (log: LogStore) => log.reset(FAR_AHEAD)],
    ["replacePrefix", (log: LogStore) => log.replacePrefix(FAR_AHEAD, () => undefined)],
  ] as const;

  it.each(replacements)("%s: is told so", async (_name, replace) => {
    const disk = await newDisk();
    const { log, heard } = await openLog(disk.mount());
    disk.fault({ operation: "sync", path: /\.log$/, effect: "fail" });
    append(log, 1, entries(2));
    await heard.until(() => heard.failures.length > 0);
    await expect(replace(log)).rejects.toBe(heard.failures[0]);
    await log.close();
  });

  it("reset: is told so when the disk fails in the midst of it", async () => {
    const disk = await newDisk();
    const { log, heard } = await openLog(disk.mount());
    append(log, 1, entries(2));
    await heard.until(() => heard.durable === 2);
    disk.fault({ operation: "write", path: /hard-state/, effect: "fail" });
    await expect(log.reset(FAR_AHEAD)).rejects.toMatchObject({ kind: "io" });
    expect(heard.failures).toHaveLength(1);
    await log.close();
  });
});

describe("damage that is met while the log is read", () => {
  it("is answered with its place, told once, and fails nobody", async () => {
    const disk = await newDisk();
    const opened = await openLog(disk.mount());
    append(opened.log, 1, entries(6));
    await opened.data.close();
    disk.kill();
    const { log, heard } = await openLog(disk.mount());
    disk.flip("data/log/00000000000000000000.log", 148 + 90);
    const run = await log.read(1 as LogIndex, 1 << 20, 6 as LogIndex);
    expect(run.last.index).toBe(1);
    for (let time = 0; time < 2; time++) {
      const read = Promise.resolve(log.read(2 as LogIndex, 1 << 20, 6 as LogIndex));
      await expect(read).rejects.toMatchObject({
        code: "CORRUPT",
        message: expect.stringMatching(/^0+\.log: byte 148 \(entry 2, term 1\) is damaged/),
      });
    }
    expect(heard.damage).toMatchObject([{ index: 2, term: 1, position: 148 }]);
    expect(heard.failures).toEqual([]);
  });
});
