import { beforeEach, describe, expect, it } from "vitest";
import { LogIndex, Offset } from "../../../src/common/brand.ts";
import type { SimDisk } from "../../../src/sim/disk/index.ts";
import { type FileSystem, newestInLog, parseFrames } from "../../../src/storage/index.ts";
import { append, data, LOG, newDisk, type OpenLog, openLog, other } from "./support/log-bench.ts";
import { diskAfter, FAR_AHEAD, startAfterSegment } from "./support/prefix-story.ts";
import { altered } from "../../support/altered-file-system.ts";

/** Entries 1 to 4, 5 to 8 and 9 to 12 sealed, each with a checkpoint; 13 and 14 in the active. */
let disk: SimDisk;

beforeEach(async () => {
  disk = await diskAfter(
    async (story) => {
      await story.append(1, 9);
      await story.append(3, 5);
      await story.seal(13);
      for (const index of [4, 8, 12]) await story.checkpoint(startAfterSegment(story.log, index));
    },
    await newDisk(),
  );
});

function drop({ log }: OpenLog, to: number) {
  return log.truncatePrefix(LogIndex(to), { snapshot: startAfterSegment(log, to).last });
}

function firstBytes(file: string): number {
  return disk.readFile(`${LOG}/${file}`).length;
}

describe("a prefix that goes", () => {
  it("takes whole segments with it, and says which", async () => {
    const opened = await openLog(disk.mount());
    const { log } = opened;
    const wanted = startAfterSegment(log, 8);
    const gone = await drop(opened, 8);
    expect(gone.map(({ firstIndex, lastIndex }) => [firstIndex, lastIndex])).toEqual([
      [1, 4],
      [5, 8],
    ]);
    expect(log.start).toEqual(wanted);
    expect(log.logStartOffset).toBe(8);
    expect(log.terms()).toEqual({
      prev: { index: 8, term: 1 },
      runs: [
        { term: 1, count: 1 },
        { term: 3, count: 5 },
      ],
    });
    expect(log.chainAt(LogIndex(8))).toBe(wanted.chain);
    expect(opened.data.hardState.current).toMatchObject({
      snapshot: { index: 8, term: 1 },
      firstSegment: { baseOffset: 8, firstIndex: 9 },
    });
    expect(disk.files().filter((name) => name.startsWith(`${LOG}/`)).length).toBe(4);
  });

  it("ends where a segment ends, and never takes the one that is written", async () => {
    const opened = await openLog(disk.mount());
    const snapshot = startAfterSegment(opened.log, 12).last;
    expect(await opened.log.truncatePrefix(LogIndex(3), { snapshot })).toEqual([]);
    expect((await opened.log.truncatePrefix(LogIndex(11))).length).toBe(2);
    expect((await opened.log.truncatePrefix(LogIndex(12))).length).toBe(1);
    expect(opened.log.segments().length).toBe(1);
    expect(opened.data.hardState.current.snapshot).toEqual(snapshot);
  });

  it("goes no further than a snapshot covers it", async () => {
    const { log } = await openLog(disk.mount());
    await expect(log.truncatePrefix(LogIndex(4))).rejects.toThrow(/snapshot covers/);
    expect(log.start.last.index).toBe(0);
  });

  it("goes no further than the newest boundary that has an intact checkpoint", async () => {
    const file = `data/snapshots/${"8".padStart(20, "0")}.checkpoint`;
    const bytes = disk.readFile(file).slice();
    bytes[30] = (bytes[30] ?? 0) ^ 1;
    disk.put(file, bytes);
    const opened = await openLog(disk.mount());
    expect((await drop(opened, 8)).map(({ lastIndex }) => lastIndex)).toEqual([4]);
  });

  it("tells readers of what is gone where the log starts now", async () => {
    const opened = await openLog(disk.mount());
    const { log } = opened;
    await drop(opened, 8);
    const trimmed = { code: "OFFSET_TRIMMED", logStartOffset: 8 };
    await expect(log.read(LogIndex(8), 100, LogIndex(14))).rejects.toMatchObject(trimmed);
    await expect(log.locate(Offset(7))).rejects.toMatchObject(trimmed);
    expect(await log.locateTime(0)).toMatchObject({ index: 9, baseOffset: 8 });
    expect(await log.offsetAfter(LogIndex(8))).toBe(8);
    expect(log.chainAt(LogIndex(7))).toBe(undefined);
  });

  it("is gone for readers at once, also from the memory of recent entries", async () => {
    const opened = await openLog(disk.mount());
    const { log, heard } = opened;
    append(
      log,
      4,
      Array.from({ length: 6 }, (_, at) => data(at, 1, 60)),
    );
    await heard.until(() => heard.durable === 20);
    log.committed(LogIndex(20));
    await heard.until(() => log.segments().at(3)?.state === "sealed");
    await opened.data.checkpoints.save({
      start: startAfterSegment(log, 16),
      state: new Uint8Array(2),
    });
    const going = drop(opened, 16);
    await expect(log.read(LogIndex(15), 100, LogIndex(20))).rejects.toThrow(/no longer in the log/);
    await going;
  });

  it("stays gone whatever a roll at the same time writes into the manifest", async () => {
    // The roll once wrote the oldest segment that it knew of, and the drop's was overwritten.
    for (let moment = 0; moment < 120; moment++) {
      const running = disk.fork();
      const opened = await openLog(running.mount());
      const { log, heard } = opened;
      append(log, 4, [other("control", '{"control":"roll"}'), data(1)]);
      for (let turn = 0; turn < moment; turn++) await Promise.resolve();
      await drop(opened, 8);
      await heard.until(() => heard.durable === 16);
      const { firstSegment, activeSegment } = opened.data.hardState.current;
      expect([firstSegment?.firstIndex, activeSegment?.firstIndex]).toEqual([9, 16]);
      await opened.data.close();
    }
  });

  it("is never denied to a leader that asks for an entry of it", async () => {
    const opened = await openLog(disk.mount());
    const { log } = opened;
    const run = await log.read(LogIndex(6), 1, LogIndex(6));
    const [frame] = parseFrames(run.chunks, run.prevChain);
    await drop(opened, 8);
    const { index, term, chain } = frame?.header ?? expect.fail("a frame");
    expect(await log.possession({ index, term, chain })).toEqual({ kind: "haveFaulty" });
    expect(await log.possession({ index: LogIndex(99), term, chain })).toEqual({
      kind: "dontHave",
    });
  });

  it("takes damaged entries with it, and what waits to repair them", async () => {
    const { file } = (await openLog(disk.fork().mount())).log.segments()[0] ?? expect.fail();
    const bytes = disk.readFile(`${LOG}/${file}`).slice();
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    disk.put(`${LOG}/${file}`, bytes);
    const opened = await openLog(disk.mount());
    const { log } = opened;
    await log.scrub(1 << 20);
    expect(log.faulty.map(({ index }) => index)).toEqual([1]);
    await drop(opened, 4);
    expect(log.faulty).toEqual([]);
    expect(opened.heard.failures).toEqual([]);
  });

  it("takes a segment with it that has lost its footer, and is not sealed again", async () => {
    const { file } = (await openLog(disk.fork().mount())).log.segments()[0] ?? expect.fail();
    const bytes = disk.readFile(`${LOG}/${file}`).slice();
    bytes[firstBytes(file) - 1] = (bytes[firstBytes(file) - 1] ?? 0) ^ 1;
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    disk.put(`${LOG}/${file}`, bytes);
    const opened = await openLog(disk.mount());
    expect(opened.log.segments()[0]?.state).toBe("closed");
    expect(opened.log.faulty.length).toBe(1);
    expect((await drop(opened, 4)).length).toBe(1);
    opened.log.committed(LogIndex(14));
    await opened.data.close();
    expect((await openLog(disk.mount())).notes).toEqual([]);
  });

  it("leaves entries that are not data, from an index on, as they were", async () => {
    const extra = await diskAfter(async (story) => {
      append(story.log, 4, [other("config", "a"), data(1), other("noop")]);
      await story.until(() => story.durable === story.log.tail.last.index);
    }, disk);
    const opened = await openLog(extra.mount());
    await drop(opened, 8);
    const found: number[] = [];
    for await (const { header } of opened.log.nonDataFrames()) found.push(header.index);
    expect(found).toEqual([15, 17]);
    const later: number[] = [];
    for await (const { header } of opened.log.nonDataFrames(LogIndex(16))) later.push(header.index);
    expect(later).toEqual([17]);
  });
});

/** A disk whose reads wait at `gate`, so that a prefix can go while they are under way. */
function gated(fileSystem: FileSystem, path: RegExp) {
  let open: () => void = () => undefined;
  let closed = false;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reading: string[] = [];
  const wait = async (name: string): Promise<void> => {
    if (!closed || !path.test(name)) return;
    reading.push(name);
    await gate;
  };
  const wrapped = altered(fileSystem, {
    open: async (name, mode) => {
      if (mode === "read") await wait(name);
      return fileSystem.open(name, mode);
    },
  });
  const close = (): void => {
    closed = true;
  };
  return { wrapped, reading, close, open: () => open() };
}

describe("readers under way while the prefix goes", () => {
  const asks: readonly (readonly [string, RegExp, (opened: OpenLog) => Promise<unknown>])[] = [
    ["read, at its rows", /\.index$/, async ({ log }) => log.read(LogIndex(2), 99, LogIndex(14))],
    ["read, at its frames", /\.log$/, async ({ log }) => log.read(LogIndex(2), 99, LogIndex(14))],
    ["locate", /\.index$/, ({ log }) => log.locate(Offset(2))],
    ["locateTime", /\.index$/, ({ log }) => log.locateTime(0)],
    ["offsetAfter", /\.index$/, async ({ log }) => log.offsetAfter(LogIndex(2))],
    ["scrub", /\.index$/, ({ log }) => log.scrub(1 << 20)],
    ["scrub, at frames", /\.log$/, ({ log }) => log.scrub(1 << 20)],
  ];

  it.each(asks)("%s: is answered, or told of the new start", async (_name, path, ask) => {
    const only = new RegExp(`0{20}${path.source}`);
    const fileSystem = disk.mount();
    const gate = gated(fileSystem, only);
    const opened = await openLog(gate.wrapped);
    gate.close();
    const answer = ask(opened).catch((thrown: unknown) => thrown);
    while (gate.reading.length === 0) await new Promise(setImmediate);
    await drop(opened, 8);
    gate.open();
    const found = await answer;
    if (found instanceof Error) expect(found).toMatchObject({ code: "OFFSET_TRIMMED" });
    expect(opened.heard.failures).toEqual([]);
    expect(opened.log.faulty).toEqual([]);
    await opened.data.close();
  });

  it("nonDataFrames: yields what is left", async () => {
    const opened = await openLog(disk.mount());
    const frames = opened.log.nonDataFrames()[Symbol.asyncIterator]();
    const first = frames.next();
    await drop(opened, 12);
    await first;
    while ((await frames.next()).done !== true);
    expect(opened.heard.failures).toEqual([]);
  });
});

describe("a log that is made anew behind a snapshot", () => {
  async function anew(opened: OpenLog): Promise<void> {
    await opened.data.checkpoints.save({ start: FAR_AHEAD, state: new Uint8Array(2) });
    await opened.log.reset(FAR_AHEAD, { compactedTo: LogIndex(40) });
  }

  it("is empty, and goes on where the snapshot ends", async () => {
    const opened = await openLog(disk.mount());
    const { log } = opened;
    await anew(opened);
    expect(log.start).toEqual(FAR_AHEAD);
    expect(log.tail).toMatchObject({ ...FAR_AHEAD, segmentBytes: 0 });
    expect(log.durable).toBe(40);
    expect(log.terms()).toEqual({ prev: FAR_AHEAD.last, runs: [] });
    expect(opened.data.hardState.current).toMatchObject({
      snapshot: FAR_AHEAD.last,
      compactedTo: 40,
      reset: undefined,
      firstSegment: { baseOffset: 9, firstIndex: 41 },
      activeSegment: { baseOffset: 9, firstIndex: 41 },
    });
    append(log, 8, [data(1), data(2)], undefined, 6_000);
    await opened.heard.until(() => opened.heard.durable === 42);
    await opened.data.close();
    const again = await openLog(disk.mount());
    expect(again.notes).toEqual([]);
    expect(again.log.start).toEqual(FAR_AHEAD);
    expect(again.log.tail.last).toEqual({ index: 42, term: 8 });
  });

  it("forgets what was waiting to be written", async () => {
    const opened = await openLog(disk.mount());
    await opened.data.checkpoints.save({ start: FAR_AHEAD, state: new Uint8Array(2) });
    append(
      opened.log,
      5,
      Array.from({ length: 9 }, (_, at) => data(at, 1, 60)),
    );
    // In the same moment: what the disk has taken before a reset is told, and rightly.
    await opened.log.reset(FAR_AHEAD, { compactedTo: LogIndex(40) });
    await opened.data.close();
    expect(opened.heard.persistedEntries.filter(({ index }) => index > 14)).toEqual([]);
    expect((await openLog(disk.mount())).log.tail.last).toEqual(FAR_AHEAD.last);
  });

  it("may have a segment with the name of one that went, and never shows its bytes", async () => {
    const opened = await openLog(disk.mount());
    const { log } = opened;
    await log.read(LogIndex(6), 500, LogIndex(8));
    const start = { ...FAR_AHEAD, nextOffset: Offset(4) };
    await opened.data.checkpoints.save({ start, state: new Uint8Array(2) });
    await log.reset(start);
    append(
      log,
      8,
      Array.from({ length: 9 }, (_, at) => data(at + 50, 1, 60)),
      undefined,
      6_000,
    );
    await opened.heard.until(() => opened.heard.durable === 49);
    log.committed(LogIndex(49));
    await opened.heard.until(() => log.segments()[1]?.state === "sealed");
    expect(log.segments()[0]?.file).toBe("00000000000000000004.log");
    expect(await log.locate(Offset(5))).toMatchObject({ index: 42, term: 8 });
    await opened.data.close();
    const again = await openLog(disk.mount());
    expect((await again.log.read(LogIndex(42), 1, LogIndex(49))).first).toBe(42);
    expect(again.heard.damage).toEqual([]);
  });

  it("is begun with the checkpoint of this log, not one that a crash left", async () => {
    const opened = await openLog(disk.mount());
    const { log } = opened;
    const { checkpoints } = opened.data;
    const stranger = { ...startAfterSegment(log, 12), chain: 1 };
    const other13 = { ...FAR_AHEAD, last: { ...FAR_AHEAD.last, index: LogIndex(13) } };
    for (const start of [other13, FAR_AHEAD, stranger])
      await checkpoints.save({ start, state: new Uint8Array(2) });
    expect((await newestInLog(checkpoints, log))?.start).toEqual(startAfterSegment(log, 8));
  });
});
