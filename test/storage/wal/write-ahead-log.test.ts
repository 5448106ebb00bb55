import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type LogIndex, type Offset, Term } from "../../../src/common/brand.ts";
import { seededRandom } from "../../../src/common/random.ts";
import { openDataDirectory, stampFrames } from "../../../src/storage/index.ts";
import { nodeFileSystem } from "../../../src/storage/node-file-system.ts";
import {
  append,
  bytesOf,
  CLUSTER,
  data,
  Heard,
  LARGE_SEGMENTS,
  LOG,
  newDisk,
  openLog,
  other,
  readAll,
} from "./support/log-bench.ts";

describe("a log", () => {
  it("gives back what was appended, now and after a restart", async () => {
    const disk = await newDisk();
    const { log, heard, data: directory } = await openLog(disk.mount());
    const frames = [...append(log, 1, [other("noop")])];
    for (let i = 0; i < 20; i++) frames.push(...append(log, 1, [data(i), data(i + 1, 3, 100)]));
    await heard.until(() => heard.durable === 41);
    log.committed(41 as LogIndex);
    await heard.until(() => heard.sealed.length === log.segments().length - 1);
    expect(await readAll(log)).toEqual(bytesOf(frames));
    expect(heard.failures).toEqual([]);
    await directory.close();
    disk.kill();
    const again = await openLog(disk.mount());
    expect(again.log.tail).toEqual(log.tail);
    expect(again.log.terms()).toEqual(log.terms());
    expect(again.notes).toEqual([]);
    expect(await readAll(again.log, 300)).toEqual(bytesOf(frames));
    expect(again.log.segments()).toEqual(log.segments());
  });

  it("works on the machine's own disk", async () => {
    const directory = await mkdtemp(path.join(tmpdir(), "balsa-wal-"));
    try {
      const open = async (heard: Heard) => {
        const data = await openDataDirectory(nodeFileSystem, directory, {
          nodeId: "n1",
          random: seededRandom(1),
        });
        if (data.identity.current.cluster === undefined)
          await data.identity.save({ ...data.identity.current, cluster: CLUSTER });
        return { data, log: await data.openLog(heard) };
      };
      const heard = new Heard();
      const first = await open(heard);
      append(
        first.log,
        1,
        Array.from({ length: 30 }, (_, at) => data(at, 2, at * 9)),
      );
      await heard.until(() => heard.durable === 30);
      first.log.committed(15 as LogIndex);
      first.log.truncateSuffix(17 as LogIndex);
      append(first.log, 2, [other("noop"), data(1)]);
      await heard.until(() => first.log.durable === 18);
      const expected = await readAll(first.log);
      await first.data.close();

      const second = await open(new Heard());
      expect(second.data.notes).toEqual([]);
      expect((await readAll(second.log, 500)).equals(expected)).toBe(true);
      expect(second.log.tail).toEqual(first.log.tail);
      expect(second.log.segments().some(({ state }) => state === "sealed")).toBe(true);
      await second.data.close();
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("answers persisted with what is still there when a suffix was cut meanwhile", async () => {
    const { log, heard } = await openLog((await newDisk()).mount());
    append(log, 1, [data(1), data(2), data(3)]);
    log.truncateSuffix(3 as LogIndex);
    append(log, 2, [data(4)]);
    await heard.until(() => log.durable === 3);
    expect(heard.persistedEntries).toEqual([
      { index: 2, term: 1 },
      { index: 3, term: 2 },
    ]);
  });

  it("gathers what arrives while the disk is busy into one group", async () => {
    const { log, heard } = await openLog((await newDisk()).mount());
    for (let at = 0; at < 50; at++) append(log, 1, [data(at)], LARGE_SEGMENTS);
    await heard.until(() => log.durable === 50);
    expect(heard.persistedEntries.map(({ index }) => index)).toEqual([1, 50]);
  });

  it("refuses frames that do not follow its tail", async () => {
    const { log } = await openLog((await newDisk()).mount());
    const frames = append(log, 1, [data(1), data(2)]);
    expect(() => log.append(frames)).toThrow(/chain/);
    const astray = stampFrames(
      { ...log.tail, nextOffset: 7 as Offset },
      LARGE_SEGMENTS,
      Term(1),
      1,
      [data(3)],
    );
    expect(() => log.append(astray)).toThrow(/I2/);
  });

  it("removes what a roll left that did not happen, and says so", async () => {
    const disk = await newDisk();
    disk.put(`${LOG}/00000000000000000000.index`, new Uint8Array(20));
    const { notes, log } = await openLog(disk.mount());
    expect(notes.join()).toMatch(/removed .*\.index: empty, and not named/);
    expect(log.segments()).toEqual([]);
  });
});
