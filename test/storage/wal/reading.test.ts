import { describe, expect, it } from "vitest";
import type { LogIndex, Offset } from "../../../src/common/brand.ts";
import { assert } from "../../../src/common/assert.ts";
import type { Frame } from "../../../src/common/frame.ts";
import { randomInteger, seededRandom } from "../../../src/common/random.ts";
import type { FileSystem } from "../../../src/storage/index.ts";
import {
  append,
  bytesOf,
  data,
  LARGE_SEGMENTS,
  LOG,
  newDisk,
  openLog,
  other,
  readAll,
} from "./support/log-bench.ts";
import { altered } from "../../support/altered-file-system.ts";

/** Counts reads of segment files. */
function counting(fileSystem: FileSystem, count: { reads: number }): FileSystem {
  return altered(fileSystem, {
    open: async (path, mode) => {
      const file = await fileSystem.open(path, mode);
      const read = file.read.bind(file);
      file.read = (into, position) => {
        if (path.startsWith(LOG)) count.reads++;
        return read(into, position);
      };
      return file;
    },
  });
}

/** Some thousand entries in a few sealed segments and an active one, opened anew, uncached. */
async function coldLog({ leaps = false } = {}) {
  const disk = await newDisk();
  const opened = await openLog(disk.mount());
  const random = seededRandom(5);
  const frames: Frame[] = [];
  const recordsIn = (group: number) =>
    leaps ? (group % 29 < 3 ? 50_000 : 1) : randomInteger(random, 1, 20);
  for (let group = 0; group < 200; group++) {
    const inputs = Array.from({ length: 40 }, (_, at) =>
      random.next() < 0.02
        ? other("config", "members")
        : data(at, recordsIn(group), randomInteger(random, 0, 200)),
    );
    const nowMs = leaps ? 1_000 + (group >> 4) ** 5 : 1_000 + group * 10;
    frames.push(...append(opened.log, 1, inputs, LARGE_SEGMENTS, nowMs));
  }
  await opened.heard.until(() => opened.log.durable === frames.length);
  opened.log.committed(frames.length as LogIndex);
  const segments = opened.log.segments().length;
  await opened.heard.until(() => opened.heard.sealed.length === segments - 1);
  await opened.data.close();
  disk.kill();
  const count = { reads: 0 };
  const { log, heard } = await openLog(counting(disk.mount(), count));
  count.reads = 0;
  return { log, heard, frames, count, disk };
}

function holding(frames: readonly Frame[], offset: number): Frame {
  const found = frames.find(
    ({ header }) => header.baseOffset <= offset && offset < header.baseOffset + header.recordCount,
  );
  assert(found !== undefined, "every offset below the end is held");
  return found;
}

describe("a log that is read from disk", () => {
  it("finds every offset, in a read or two", async () => {
    const { log, frames, count } = await coldLog();
    const random = seededRandom(1);
    expect(log.segments().filter(({ state }) => state === "sealed").length).toBeGreaterThan(0);
    for (let i = 0; i < 300; i++) {
      const offset = randomInteger(random, 0, log.tail.nextOffset - 1);
      count.reads = 0;
      const { index, baseOffset, recordCount } = await log.locate(offset as Offset);
      expect(count.reads).toBeLessThanOrEqual(2);
      const { header } = holding(frames, offset);
      expect([index, baseOffset, recordCount]).toEqual([
        header.index,
        header.baseOffset,
        header.recordCount,
      ]);
    }
  });

  it("finds the first entry at or after a time, and none after the last", async () => {
    const { log, frames } = await coldLog();
    for (let time = 995; time < 3_000; time += 7) {
      const expected = frames.find(({ header }) => header.timestamp >= time);
      expect((await log.locateTime(time))?.index).toBe(expected?.header.index);
    }
  });

  // Guessing by proportion alone took eleven reads where single records follow large batches.
  it("finds offsets and times in two reads at most where they grow in leaps", async () => {
    const { log, frames, count } = await coldLog({ leaps: true });
    const random = seededRandom(3);
    for (let i = 0; i < 200; i++) {
      const offset = randomInteger(random, 0, log.tail.nextOffset - 1);
      count.reads = 0;
      const { index } = await log.locate(offset as Offset);
      expect(count.reads).toBeLessThanOrEqual(2);
      expect(index).toBe(holding(frames, offset).header.index);
      const time = randomInteger(random, 990, log.tail.timestamp);
      count.reads = 0;
      const found = await log.locateTime(time);
      expect(count.reads).toBeLessThanOrEqual(2);
      expect(found?.index).toBe(
        frames.find(({ header }) => header.timestamp >= time)?.header.index,
      );
    }
  });

  it("tells where a record lies: file, position, length", async () => {
    const { log, frames, disk } = await coldLog();
    for (const { header, bytes } of [frames[17], frames[2_000], frames[7_999]].filter(
      (frame) => frame !== undefined,
    )) {
      if (header.type !== "data") continue;
      const { file, position, length } = await log.locate(header.baseOffset);
      const found = disk.readFile(`${LOG}/${file}`).subarray(position, position + length);
      expect(Buffer.compare(found, bytes)).toBe(0);
    }
  });

  it("gives runs that respect maxBytes and upTo, and one frame at least", async () => {
    const { log, frames } = await coldLog();
    const random = seededRandom(2);
    for (let i = 0; i < 300; i++) {
      const from = randomInteger(random, 1, frames.length);
      const upTo = Math.min(frames.length, from + randomInteger(random, 0, 50));
      const maxBytes = randomInteger(random, 1, 3_000);
      const run = await log.read(from as LogIndex, maxBytes, upTo as LogIndex);
      const expected = frames.slice(from - 1, run.last.index);
      expect(Buffer.concat(run.chunks).equals(bytesOf(expected))).toBe(true);
      expect(run.first).toBe(from);
      expect(run.last.term).toBe(1);
      expect(run.last.index).toBeLessThanOrEqual(upTo);
      expect(run.prevChain).toBe(frames[from - 2]?.header.chain ?? log.chainAt(0 as LogIndex));
      if (run.last.index > from) expect(run.byteLength).toBeLessThanOrEqual(maxBytes);
    }
  });

  it("reads a whole segment in pieces of a mebibyte, one read each", async () => {
    const { log, frames, count } = await coldLog();
    expect((await readAll(log)).equals(bytesOf(frames))).toBe(true);
    expect(count.reads).toBeLessThanOrEqual(3 * log.segments().length);
  });

  it("gives an empty run at the end, with the chain that the next frame continues", async () => {
    const { log } = await coldLog();
    const { last, chain } = log.tail;
    const next = (last.index + 1) as LogIndex;
    const run = await log.read(next, 100, next);
    expect(run).toEqual({ first: next, last, prevChain: chain, chunks: [], byteLength: 0 });
  });

  it("yields every frame that is not data, and reads little for it", async () => {
    const { log, frames, count } = await coldLog();
    const found: Frame[] = [];
    for await (const frame of log.nonDataFrames()) found.push(frame);
    expect(found).toEqual(frames.filter(({ header }) => header.type !== "data"));
    expect(count.reads).toBeLessThan(found.length * 2 + 10);
  });

  it("re-reads when a suffix is cut while the disk is reading", async () => {
    const { log, frames, heard } = await coldLog();
    const from = (frames.length - 5) as LogIndex;
    const reading = log.read(from, 1 << 20, frames.length as LogIndex);
    log.truncateSuffix((from + 2) as LogIndex);
    const run = await reading;
    expect(run.last.index).toBe(from + 1);
    expect(heard.failures).toEqual([]);
  });
});

describe("sealed segments", () => {
  it("are byte-identical on nodes that got the same entries in other groups", async () => {
    const inputs = Array.from({ length: 60 }, (_, at) => data(at, 1 + (at % 3), at * 3));
    const logs: ReadonlyMap<string, Buffer>[] = [];
    for (const size of [1, 7, 60]) {
      const disk = await newDisk();
      const { log, heard, data: directory } = await openLog(disk.mount());
      for (let at = 0; at < inputs.length; at += size) {
        append(log, 1, inputs.slice(at, at + size));
        if (size === 7) {
          // This one was led astray meanwhile.
          append(log, 1, [data(200, 1, 400)]);
          if (at % 2 === 0) await heard.until(() => log.durable === log.tail.last.index);
          log.truncateSuffix(log.tail.last.index);
        }
        log.committed(Math.max(0, log.tail.last.index - 3) as LogIndex);
      }
      await heard.until(() => log.durable === log.tail.last.index);
      log.committed(log.tail.last.index);
      const closed = log.segments().length - 1;
      await heard.until(() => heard.sealed.length === closed);
      await directory.close();
      const names = log.segments().slice(0, closed);
      logs.push(
        new Map(names.map(({ file }) => [file, Buffer.from(disk.readFile(`${LOG}/${file}`))])),
      );
    }
    const [first, ...others] = logs;
    expect(first?.size).toBeGreaterThan(5);
    for (const one of others) expect(one).toEqual(first);
  });
});
