import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { LogIndex } from "../../../src/common/brand.ts";
import { seededRandom } from "../../../src/common/random.ts";
import { initialChain, openDataDirectory, openSegmentedLog } from "../../../src/storage/index.ts";
import { ROW_BYTES } from "../../../src/storage/wal/index-header.ts";
import {
  eachByte,
  eachLength,
  entries,
  expectWhole,
  faultyOf,
  FIRST,
  FRAME_BYTES,
  logFiles,
  look,
  oneSegment,
  placeOf,
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
} from "./support/log-bench.ts";

describe("a flipped byte", () => {
  it("sealedLog_isOneFaultyEntryOrAFooterMadeAgain", async () => {
    const made = await threeSegments(2);
    await eachByte(made, `${FIRST}.log`, (verdict, byte, harmed) => {
      const entry = Math.floor(byte / FRAME_BYTES) + 1;
      expect(faultyOf(verdict)).toEqual(entry <= 4 ? [entry] : []);
      expectWhole(verdict, made);
      expect(logFiles(harmed)).toEqual(logFiles(made.disk));
    });
  });

  it("lastSealedLog_isOneFaultyEntryOrAFooterMadeAgain", async () => {
    const made = await threeSegments(1);
    await eachByte(made, `${FIRST}.log`, (verdict, byte, harmed) => {
      const entry = Math.floor(byte / FRAME_BYTES) + 1;
      expect(faultyOf(verdict)).toEqual(entry <= 4 ? [entry] : []);
      expectWhole(verdict, made);
      expect(logFiles(harmed)).toEqual(logFiles(made.disk));
    });
  });

  it("activeLog_isOneFaultyEntry", async () => {
    const made = await oneSegment();
    await eachByte(made, `${FIRST}.log`, (verdict, byte, harmed) => {
      expect(faultyOf(verdict)).toEqual([Math.floor(byte / FRAME_BYTES) + 1]);
      expectWhole(verdict, made);
      expect(logFiles(harmed)).toEqual(logFiles(made.disk));
    });
  });

  it("index_ofAnySegmentIsMadeAgainFromTheFrames", async () => {
    for (const sealed of [0, 2] as const) {
      const made = await threeSegments(sealed);
      for (const base of [0, 8, 16])
        await eachByte(made, `${LOG}/${String(base).padStart(20, "0")}.index`, (verdict) => {
          expect(faultyOf(verdict)).toEqual([]);
          expectWhole(verdict, made);
        });
    }
  });

  it("closedLog_isOneFaultyEntry", async () => {
    const made = await threeSegments(0);
    await eachByte(made, `${LOG}/00000000000000000008.log`, (verdict, byte) => {
      expect(faultyOf(verdict)).toEqual([Math.floor(byte / FRAME_BYTES) + 5]);
      expectWhole(verdict, made);
    });
  });

  it("unacknowledgedTail_isCutAndNothingElse", async () => {
    const disk = await newDisk();
    const { log, data: directory } = await openLog(disk.mount());
    const frames = append(log, 3, entries(5), LARGE_SEGMENTS);
    await directory.close();
    disk.kill();
    disk.cut(`${FIRST}.index`, 48 + 2 * ROW_BYTES);
    for (let byte = 2 * FRAME_BYTES; byte < 5 * FRAME_BYTES; byte++) {
      const harmed = disk.fork();
      harmed.flip(`${FIRST}.log`, byte);
      const verdict = await look(harmed, { frames });
      const left = frames.slice(0, Math.floor(byte / FRAME_BYTES));
      expect(verdict.kind === "clean" && verdict.bytes.equals(bytesOf(left))).toBe(true);
    }
  });
});

describe("a cut file", () => {
  it("activeLog_hasLostItsLastEntriesAndGetsThemBack", async () => {
    const made = await oneSegment(3);
    await eachLength(made, `${FIRST}.log`, (verdict, length, harmed) => {
      const from = Math.floor(length / FRAME_BYTES) + 1;
      expect(faultyOf(verdict)).toEqual([1, 2, 3].filter((index) => index >= from));
      expectWhole(verdict, made);
      expect(logFiles(harmed)).toEqual(logFiles(made.disk));
    });
  });

  it("index_isMadeAgainFromTheFrames", async () => {
    for (const sealed of [0, 2] as const) {
      const made = await threeSegments(sealed);
      for (const base of [0, 8, 16])
        await eachLength(made, `${LOG}/${String(base).padStart(20, "0")}.index`, (verdict) => {
          expect(faultyOf(verdict)).toEqual([]);
          expectWhole(verdict, made);
        });
    }
  });

  it("sealedLog_hasLostEntriesOrItsFooterAndGetsThemBack", async () => {
    for (const sealed of [1, 2] as const) {
      const made = await threeSegments(sealed);
      await eachLength(made, `${FIRST}.log`, (verdict, length, harmed) => {
        const from = Math.floor(length / FRAME_BYTES) + 1;
        expect(faultyOf(verdict)).toEqual([1, 2, 3, 4].filter((index) => index >= from));
        expectWhole(verdict, made);
        expect(logFiles(harmed)).toEqual(logFiles(made.disk));
      });
    }
  });
});

describe("an entry that has lost its identity", () => {
  it("halts at the first place that frame and row leave open", async () => {
    const made = await oneSegment();
    for (let entry = 1; entry <= 4; entry++)
      for (const byte of [0, 9, 70, 83]) {
        const harmed = made.disk.fork();
        const position = (entry - 1) * FRAME_BYTES;
        harmed.flip(`${FIRST}.log`, position + byte);
        harmed.flip(`${FIRST}.index`, 48 + (entry - 1) * ROW_BYTES + 13);
        const verdict = await look(harmed, made);
        // The last row was all that vouched for the last entry.
        if (entry === 4) expect(verdict.kind).toBe("clean");
        else
          expect(placeOf(verdict)).toMatch(
            new RegExp(`0\\.log: byte ${position} \\(entry ${entry}.*its row is damaged too`),
          );
      }
  });

  it("keeps it without its row while its header is intact, as the chain tells", async () => {
    const made = await oneSegment();
    for (const byte of [88, FRAME_BYTES - 1]) {
      const harmed = made.disk.fork();
      harmed.flip(`${FIRST}.log`, FRAME_BYTES + byte);
      harmed.flip(`${FIRST}.index`, 48 + ROW_BYTES + 13);
      const verdict = await look(harmed, made);
      expect(faultyOf(verdict)).toEqual([2]);
      expectWhole(verdict, made);
    }
  });

  it("is not guessed when the rows of the segment are gone", async () => {
    const made = await oneSegment();
    for (const length of [0, 47]) {
      const harmed = made.disk.fork();
      harmed.flip(`${FIRST}.log`, 2 * FRAME_BYTES + 3);
      harmed.cut(`${FIRST}.index`, length);
      expect(placeOf(await look(harmed, made))).toMatch(/byte 296 \(entry 3\).*cut off/);
    }
  });
});

describe("a directory that was tampered with", () => {
  it("halts at an absent .log file, and makes an absent .index file again", async () => {
    for (const [base, why] of [
      ["00000000000000000000", "names segments before or after it"],
      ["00000000000000000008", "names segments before or after it"],
      ["00000000000000000016", "names segments before or after it"],
    ] as const) {
      const made = await threeSegments(1);
      const without = made.disk.fork();
      without.remove(`${LOG}/${base}.index`);
      expectWhole(await look(without, made), made);
      made.disk.remove(`${LOG}/${base}.log`);
      expect(placeOf(await look(made.disk, made))).toMatch(
        new RegExp(`${base}.log: absent, although .*${why}`),
      );
    }
  });

  it("refuses a file that no log writes, and touches nothing", async () => {
    const { disk } = await threeSegments(1);
    disk.put(`${LOG}/notes.txt`, Buffer.from("mine"));
    expect(placeOf(await look(disk, { frames: [] }))).toContain(
      `${LOG}/notes.txt: not a file of this log`,
    );
    expect(Buffer.from(disk.readFile(`${LOG}/notes.txt`)).toString()).toBe("mine");
  });

  it("refuses a segment that holds entries and that nobody named", async () => {
    const { disk } = await threeSegments(0);
    const last = disk.readFile(`${LOG}/00000000000000000016.log`);
    disk.put(`${LOG}/00000000000000000020.log`, last);
    expect(placeOf(await look(disk, { frames: [] }))).toContain(
      "00000000000000000020.log: byte 0: the segment holds",
    );
  });

  it("refuses a log of another cluster", async () => {
    const { disk } = await threeSegments(1);
    const fileSystem = disk.mount();
    const { hardState } = await openDataDirectory(fileSystem, "data", {
      nodeId: "n1",
      random: seededRandom(1),
    });
    const listener = new Heard();
    const strange = { clusterId: "c2", voters: [], formed: true };
    const chainSeed = initialChain(strange);
    await expect(
      openSegmentedLog({ fileSystem, directory: LOG, hardState, chainSeed, listener, notes: [] }),
    ).rejects.toThrow(/0\.log: byte 0 \(entry 1\): the log belongs to another cluster/);
  });

  it("keeps a bad frame far before a good one, though no row vouches for it", async () => {
    const disk = await newDisk();
    const { log, heard, data: directory } = await openLog(disk.mount());
    const settings = { segmentBytes: 1 << 26, segmentMs: undefined };
    const frames = append(
      log,
      1,
      [other("noop"), ...Array.from({ length: 4 }, (_, i) => data(i, 1, 3 << 20))],
      settings,
    );
    await heard.until(() => heard.durable === 5);
    await directory.close();
    disk.kill();
    disk.cut(`${FIRST}.index`, 48 + ROW_BYTES);
    disk.flip(`${FIRST}.log`, 200);
    // The payload is bad and the header whole: which entry it was is certain without a row.
    expect(faultyOf(await look(disk.fork(), { frames }))).toEqual([2]);
    disk.flip(`${FIRST}.log`, 90);
    expect(placeOf(await look(disk, { frames }))).toMatch(
      /byte 88 \(entry 2\): the frame's header .*the frame at byte \d+ was written only after/,
    );
  });

  it("keeps a bad entry without a row that an earlier row knows to be committed", async () => {
    const disk = await newDisk();
    const { log, heard, data: directory } = await openLog(disk.mount());
    const frames = append(log, 1, entries(3));
    // The others were faster: the commit is known before the rows are written.
    log.committed(3 as LogIndex);
    await heard.until(() => heard.durable === 3);
    await directory.close();
    disk.kill();
    disk.cut(`${FIRST}.index`, 48 + 2 * ROW_BYTES);
    disk.flip(`${FIRST}.log`, 2 * FRAME_BYTES + 100);
    expect(faultyOf(await look(disk.fork(), { frames }))).toEqual([3]);
    disk.flip(`${FIRST}.log`, 2 * FRAME_BYTES + 20);
    expect(placeOf(await look(disk, { frames }))).toMatch(
      /byte 296 \(entry 3\): the frame's header .*a row knows that it was committed/,
    );
  });

  it("refuses frames, rows and footers of a later version, and touches nothing", async () => {
    const { disk } = await threeSegments(1);
    const active = `${LOG}/00000000000000000016`;
    const footerAt = 4 * 148;
    const { length } = disk.readFile(`${FIRST}.log`);
    for (const { path, versionAt, sumAt, from } of [
      { path: `${active}.log`, versionAt: 0, sumAt: 80, from: 0 },
      { path: `${active}.index`, versionAt: 8, sumAt: 44, from: 0 },
      { path: `${FIRST}.log`, versionAt: footerAt + 8, sumAt: length - 12, from: footerAt },
    ]) {
      const newer = disk.fork();
      newer.patch(path, versionAt, Uint8Array.of(2));
      const sum = new DataView(new ArrayBuffer(4));
      sum.setUint32(0, crc32(newer.readFile(path).subarray(from, sumAt)), true);
      newer.patch(path, sumAt, new Uint8Array(sum.buffer));
      const before = newer.files().map((name) => Buffer.from(newer.readFile(name)));
      expect(placeOf(await look(newer, { frames: [] }))).toMatch(
        /of a version that this program does not know/,
      );
      const log = newer.files().filter((name) => name.startsWith(LOG));
      for (const name of log)
        expect(before[newer.files().indexOf(name)]?.equals(newer.readFile(name))).toBe(true);
    }
  });
});
