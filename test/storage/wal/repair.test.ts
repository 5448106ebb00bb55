import { describe, expect, it } from "vitest";
import type { LogIndex, Term } from "../../../src/common/brand.ts";
import { SimDisk } from "../../../src/sim/disk/index.ts";
import type { FaultyEntry, LogStore } from "../../../src/storage/index.ts";
import { ROLL_REQUEST } from "../../../src/storage/wal/roll-request.ts";
import {
  FIRST,
  frameAt,
  FRAME_BYTES,
  logFiles,
  type Made,
  oneSegment,
  scrubRound,
  threeSegments,
} from "./support/damage-bench.ts";
import {
  append,
  bytesOf,
  data,
  Heard,
  LARGE_SEGMENTS,
  LOG,
  newDisk,
  openLog,
  other,
  readAll,
} from "./support/log-bench.ts";

const indexes = (entries: readonly FaultyEntry[]) => entries.map(({ index }) => index);

async function read(log: LogStore, index: number): Promise<Buffer> {
  const run = await log.read(index as LogIndex, 1, index as LogIndex);
  return Buffer.concat(run.chunks);
}

/** The log of `made`, opened, with bytes of `entries` flipped in the file of their segment. */
async function damaged(made: Made, entries: readonly number[]) {
  for (const index of entries) {
    const base = index <= 4 ? 0 : index <= 8 ? 8 : 16;
    const path = `${LOG}/${String(base).padStart(20, "0")}.log`;
    made.disk.flip(path, ((index - 1) % 4) * FRAME_BYTES + 100);
  }
  return openLog(made.disk.mount());
}

describe("repair", () => {
  it("puts an entry of the active segment back in place, durably", async () => {
    const made = await oneSegment();
    const { log, data: directory } = await damaged(made, [2, 4]);
    expect(indexes(log.faulty)).toEqual([2, 4]);
    await log.repair(frameAt(made.frames, 4));
    expect(indexes(log.faulty)).toEqual([2]);
    expect(await read(log, 4)).toEqual(Buffer.from(frameAt(made.frames, 4)));
    await log.repair(frameAt(made.frames, 2));
    expect(log.faulty).toEqual([]);
    expect(made.disk.pendingChanges()).toEqual([]);
    await directory.close();
  });

  it("writes a sealed file anew, equal to what it was, and leaves nothing beside it", async () => {
    const made = await threeSegments(2);
    const before = logFiles(made.disk);
    const { log, heard } = await damaged(made, [1, 3]);
    expect(log.faulty).toEqual([]);
    await scrubRound(log);
    expect(indexes(log.faulty)).toEqual([1, 3]);
    const gaveBack = [3, 1].map((index) => log.repair(frameAt(made.frames, index)));
    await Promise.all(gaveBack);
    expect(log.faulty).toEqual([]);
    expect(logFiles(made.disk)).toEqual(before);
    expect(heard.rebuilt.join()).toMatch(/put back; equal to the footer's SHA-256/);
    expect(made.disk.files().filter((path) => path.endsWith(".repair"))).toEqual([]);
  });

  it("mends one entry of a sealed file while another one is still damaged", async () => {
    const made = await threeSegments(2);
    const { log } = await damaged(made, [1, 3]);
    await scrubRound(log);
    await log.repair(frameAt(made.frames, 1));
    expect(indexes(log.faulty)).toEqual([3]);
    expect(await read(log, 1)).toEqual(Buffer.from(frameAt(made.frames, 1)));
    await expect(read(log, 3)).rejects.toMatchObject({ code: "CORRUPT" });
  });

  it("finds other damage in the sealed file that it writes anew", async () => {
    const made = await threeSegments(2);
    const { log, heard } = await damaged(made, [1, 3]);
    await expect(read(log, 1)).rejects.toMatchObject({ code: "CORRUPT" });
    expect(indexes(log.faulty)).toEqual([1]);
    await log.repair(frameAt(made.frames, 1));
    expect(indexes(log.faulty)).toEqual([3]);
    expect(indexes(heard.damage)).toEqual([1, 3]);
  });

  it("lets readers that have the old file open go on", async () => {
    const made = await threeSegments(2);
    const { log } = await damaged(made, [1]);
    await expect(read(log, 1)).rejects.toMatchObject({ code: "CORRUPT" });
    const mended = log.repair(frameAt(made.frames, 1));
    for (let round = 0; round < 50; round++)
      for (const index of [2, 3, 4])
        expect(await read(log, index)).toEqual(Buffer.from(frameAt(made.frames, index)));
    await mended;
  });

  it("does nothing for an entry that is not faulty", async () => {
    const made = await oneSegment();
    const { log } = await openLog(made.disk.mount());
    const { operationCount } = made.disk;
    await log.repair(frameAt(made.frames, 2));
    expect(made.disk.operationCount).toBe(operationCount);
  });

  it("refuses bytes that are not that very entry", async () => {
    const made = await oneSegment();
    const { log } = await damaged(made, [2]);
    const stranger = await oneSegment();
    const otherHistory = append((await openLog((await newDisk()).mount())).log, 3, [
      data(7, 2, 60),
      data(8, 2, 60),
    ]);
    const flipped = Uint8Array.from(frameAt(made.frames, 2));
    flipped[120] = (flipped[120] ?? 0) ^ 1;
    for (const bytes of [
      frameAt(otherHistory, 2),
      flipped,
      frameAt(made.frames, 2).subarray(0, 90),
      bytesOf(stranger.frames.slice(1, 3)),
    ])
      await expect(log.repair(bytes)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(indexes(log.faulty)).toEqual([2]);
  });

  it("goes on in the order of appends and cuts", async () => {
    const made = await oneSegment();
    const { log, heard } = await damaged(made, [2, 4]);
    const first = log.repair(frameAt(made.frames, 2));
    const last = log.repair(frameAt(made.frames, 4));
    log.truncateSuffix(4 as LogIndex);
    const frames = append(log, 9, [data(1), data(2)], LARGE_SEGMENTS);
    await Promise.all([first, last]);
    await heard.until(() => heard.durable === 5);
    expect(log.faulty).toEqual([]);
    const wanted = bytesOf([...made.frames.slice(0, 3), ...frames]);
    expect((await readAll(log)).equals(wanted)).toBe(true);
  });

  it("seals a segment once its entries are back", async () => {
    const made = await threeSegments(0);
    const sealed = await threeSegments(2);
    const { log, heard } = await damaged(made, [3, 6]);
    log.committed(10 as LogIndex);
    expect(heard.sealed).toEqual([]);
    await log.repair(frameAt(made.frames, 6));
    await log.repair(frameAt(made.frames, 3));
    await heard.until(() => heard.sealed.length === 2);
    expect(logFiles(made.disk)).toEqual(logFiles(sealed.disk));
  });

  it("writes back by itself what the node still has in memory", async () => {
    const disk = await newDisk();
    const { log, heard } = await openLog(disk.mount());
    const frames = append(
      log,
      1,
      Array.from({ length: 10 }, (_, at) => data(at, 2, 60)),
    );
    await heard.until(() => heard.durable === 10);
    log.committed(9 as LogIndex);
    await heard.until(() => heard.sealed.length === 2);
    disk.flip(`${FIRST}.log`, 2 * FRAME_BYTES + 100);
    await scrubRound(log);
    expect(indexes(heard.damage)).toEqual([3]);
    await heard.until(() => heard.rebuilt.length > 0);
    await scrubRound(log);
    expect(log.faulty).toEqual([]);
    expect(Buffer.from(disk.readFile(`${FIRST}.log`).subarray(0, 4 * FRAME_BYTES))).toEqual(
      bytesOf(frames.slice(0, 4)),
    );
  });
});

describe("a log with damaged entries", () => {
  it("has the tail that it had, by its rows, also when the last entry is damaged", async () => {
    for (const last of [data(1, 5, 60), other("noop", "x".repeat(60)), other("control", roll)]) {
      const disk = await newDisk();
      const opened = await openLog(disk.mount());
      const frames = append(opened.log, 7, [data(0, 2, 60), last], LARGE_SEGMENTS);
      const { tail } = opened.log;
      await opened.data.close();
      disk.kill();
      for (let byte = FRAME_BYTES; byte < disk.readFile(`${FIRST}.log`).length; byte++) {
        const harmed = disk.fork();
        harmed.flip(`${FIRST}.log`, byte);
        const { log } = await openLog(harmed.mount());
        expect(log.terms()).toEqual(opened.log.terms());
        expect(log.chainAt(2 as LogIndex)).toBe(tail.chain);
        expect(log.durable).toBe(2);
        expect({ ...log.tail, rollRequested: tail.rollRequested }).toEqual(tail);
        // Whether it asks for a new segment is in the bytes that are gone, until they are back.
        await log.repair(frameAt(frames, 2));
        expect(log.tail).toEqual(tail);
      }
    }
  });

  it("accepts entries after them, and keeps both", async () => {
    const made = await oneSegment();
    const first = await damaged(made, [4]);
    const more = append(first.log, 3, [data(9), data(10)], LARGE_SEGMENTS);
    await first.heard.until(() => first.heard.durable === 6);
    await first.data.close();
    made.disk.kill();
    const { log } = await openLog(made.disk.mount());
    expect(indexes(log.faulty)).toEqual([4]);
    await log.repair(frameAt(made.frames, 4));
    expect((await readAll(log)).equals(bytesOf([...made.frames, ...more]))).toBe(true);
  });

  it("cuts them off like any others", async () => {
    for (const from of [2, 3, 4]) {
      const made = await threeSegments(0);
      const { log, heard } = await damaged(made, [3, 6, 9]);
      expect(indexes(log.faulty)).toEqual([3, 6, 9]);
      log.truncateSuffix(from as LogIndex);
      expect(indexes(log.faulty)).toEqual(from > 3 ? [3] : []);
      append(log, 2, [data(77)]);
      await heard.until(() => heard.durable === from);
      made.disk.kill();
      const again = await openLog(made.disk.mount());
      expect(indexes(again.log.faulty)).toEqual(from > 3 ? [3] : []);
      expect(again.log.tail.last).toEqual({ index: from, term: 2 });
    }
  });

  it("reads what lies before and behind them, and leaves them out of what it lists", async () => {
    const made = await threeSegments(2);
    const { log } = await damaged(made, [2, 10]);
    const run = await log.read(1 as LogIndex, 1 << 20, 10 as LogIndex);
    expect(run.last.index).toBe(1);
    expect(indexes(log.faulty)).toEqual([10]);
    await expect(read(log, 2)).rejects.toMatchObject({ code: "CORRUPT" });
    expect((await log.read(3 as LogIndex, 1 << 20, 10 as LogIndex)).last.index).toBe(4);
    const listed: number[] = [];
    const leftOut: number[] = [];
    const frames = log.nonDataFrames(1 as LogIndex, (index) => void leftOut.push(index));
    for await (const { header } of frames) listed.push(header.index);
    expect({ listed, leftOut }).toEqual({ listed: [], leftOut: [10] });
    await log.repair(frameAt(made.frames, 10));
    for await (const { header } of log.nonDataFrames()) listed.push(header.index);
    expect(listed).toEqual([10]);
  });

  it("says of an entry whether it has it, has it damaged, or has it not", async () => {
    const made = await threeSegments(2);
    const { log } = await damaged(made, [2, 9]);
    for (const { header, bytes } of made.frames) {
      const { index, term, chain } = header;
      const possession = await log.possession({ index, term, chain });
      if (index === 2 || index === 9) expect(possession).toEqual({ kind: "haveFaulty" });
      else expect(possession).toEqual({ kind: "have", frame: Buffer.from(bytes) });
      // Never a denial: an index and a term have one history, so one of the two is damaged.
      const divergent = await log.possession({ index, term, chain: chain ^ 1 });
      expect(divergent).toEqual({ kind: "haveFaulty" });
      for (const stranger of [
        { index, term: (term + 1) as Term, chain },
        { index: (index + 10) as LogIndex, term, chain },
      ])
        expect(await log.possession(stranger)).toEqual({ kind: "dontHave" });
    }
    const empty = await openLog((await newDisk()).mount());
    const anyEntry = { index: 1 as LogIndex, term: 1 as Term, chain: 0 };
    expect(await empty.log.possession(anyEntry)).toEqual({ kind: "dontHave" });
  });
});

describe("the scrubber", () => {
  it("finds damage in every block of every sealed file, in two rounds at most", async () => {
    const disk = await newDisk();
    const opened = await openLog(disk.mount());
    const frames = append(
      opened.log,
      1,
      Array.from({ length: 40 }, (_, at) => data(at, 1, 20_000)),
      { segmentBytes: 300_000, segmentMs: undefined },
    );
    const last = opened.log.tail.last.index;
    await opened.heard.until(() => opened.heard.durable === last);
    opened.log.committed(last);
    await opened.heard.until(() => opened.heard.sealed.length === 2);
    await opened.data.close();
    disk.kill();
    for (const { file } of opened.log.segments().slice(0, 2)) {
      const { length } = disk.readFile(`${LOG}/${file}`);
      for (let byte = 5_000; byte < length; byte += 1 << 16) {
        const harmed = disk.fork();
        const { log, heard } = await openLog(harmed.mount());
        await log.scrub(100_000);
        harmed.flip(`${LOG}/${file}`, byte);
        await scrubRound(log, 50_000);
        await scrubRound(log, 50_000);
        expect(heard.damage.length + heard.rebuilt.length).toBe(1);
        for (const { index } of log.faulty) await log.repair(frameAt(frames, index));
        const whole = Buffer.from(disk.readFile(`${LOG}/${file}`));
        expect(whole.equals(harmed.readFile(`${LOG}/${file}`))).toBe(true);
      }
    }
  });

  it("looks at no more than it is asked to, a frame apart, and goes round", async () => {
    const made = await threeSegments(2);
    const { log } = await openLog(made.disk.mount());
    const sizes = [0, 8].map((base) => {
      const stem = `${LOG}/${String(base).padStart(20, "0")}`;
      return made.disk.readFile(`${stem}.log`).length + made.disk.readFile(`${stem}.index`).length;
    });
    const all = sizes.reduce((sum, size) => sum + size, 0);
    expect(await scrubRound(log, 1)).toBe(all);
    expect(await scrubRound(log)).toBe(all);
    expect((await log.scrub(200)).bytes).toBeLessThan(600);
  });

  it("ends a round at once where nothing is sealed", async () => {
    const { log } = await openLog(new SimDisk().mount(), new Heard());
    expect(await log.scrub(1 << 20)).toEqual({ bytes: 0, roundEnded: true });
  });

  it("makes an absent row file again", async () => {
    const made = await threeSegments(2);
    const { log, heard } = await openLog(made.disk.mount());
    made.disk.remove(`${FIRST}.index`);
    await scrubRound(log);
    expect(heard.rebuilt).toEqual(["00000000000000000000.log: rows made again from the frames"]);
    expect(await log.locate(log.logStartOffset)).toMatchObject({ index: 1, position: 0 });
  });
});

const roll = Buffer.from(ROLL_REQUEST).toString();
