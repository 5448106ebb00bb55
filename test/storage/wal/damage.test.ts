import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { LogIndex } from "../../../src/common/brand.ts";
import { FatalError } from "../../../src/common/fatal-error.ts";
import { seededRandom } from "../../../src/common/random.ts";
import type { SimDisk } from "../../../src/sim/disk/index.ts";
import { initialChain, openDataDirectory, openSegmentedLog } from "../../../src/storage/index.ts";
import { ROW_BYTES } from "../../../src/storage/wal/index-header.ts";
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

const FIRST = `${LOG}/00000000000000000000`;
const entries = (count: number) => Array.from({ length: count }, (_, at) => data(at, 2, 60));

interface Made {
  readonly disk: SimDisk;
  readonly bytes: Buffer;
}

/** Entries 1 to 10 in three segments of four, four and two; `sealed` of them have footers. */
async function threeSegments(sealed: 0 | 1 | 2): Promise<Made> {
  const disk = await newDisk();
  const { log, heard, data: directory } = await openLog(disk.mount());
  const frames = append(log, 1, entries(10));
  await heard.until(() => heard.durable === 10);
  log.committed((sealed * 4 + 1) as LogIndex);
  await heard.until(() => heard.sealed.length === sealed);
  await directory.close();
  disk.kill();
  return { disk, bytes: bytesOf(frames) };
}

type Verdict =
  | { readonly kind: "halt"; readonly message: string }
  | { readonly kind: "opened"; readonly bytes: Buffer; readonly notes: readonly string[] };

/** Opens the log and reads all of it, as a node and its readers do. */
async function look(disk: SimDisk): Promise<Verdict> {
  try {
    const { log, notes, data: directory } = await openLog(disk.mount());
    const bytes = await readAll(log, 200);
    for await (const frame of log.nonDataFrames()) expect(frame.header.type).not.toBe("data");
    await directory.close();
    return { kind: "opened", bytes, notes };
  } catch (thrown) {
    if (!(thrown instanceof FatalError)) throw thrown;
    expect(["corruption", "config"]).toContain(thrown.kind);
    return { kind: "halt", message: thrown.message };
  }
}

async function eachByte(
  { disk }: Made,
  path: string,
  judge: (verdict: Verdict, byte: number, harmed: SimDisk) => void,
): Promise<void> {
  const { length } = disk.readFile(path);
  for (let byte = 0; byte < length; byte++) {
    const harmed = disk.fork();
    harmed.flip(path, byte, 1 << (byte % 8));
    judge(await look(harmed), byte, harmed);
  }
}

async function eachLength(
  { disk }: Made,
  path: string,
  judge: (verdict: Verdict, length: number) => void,
): Promise<void> {
  for (let length = disk.readFile(path).length - 1; length >= 0; length--) {
    const harmed = disk.fork();
    harmed.cut(path, length);
    judge(await look(harmed), length);
  }
}

function placeOf(verdict: Verdict): string {
  return verdict.kind === "halt" ? verdict.message : "no halt";
}

describe("a flipped byte", () => {
  it("sealedLog_isNoticedWhereverItIs", async () => {
    const made = await threeSegments(2);
    await eachByte(made, `${FIRST}.log`, (verdict) => {
      expect(placeOf(verdict)).toMatch(/log: byte \d+.*; next: /);
    });
  });

  it("lastSealedLog_isNoticedOrItsFooterIsMadeAgain", async () => {
    const made = await threeSegments(1);
    const frameBytes = 4 * 148;
    await eachByte(made, `${FIRST}.log`, (verdict, byte) => {
      if (byte < frameBytes) expect(placeOf(verdict)).toMatch(/0\.log: byte \d+ \(entry [1-4]/);
      else if (verdict.kind === "opened") {
        expect(verdict.notes.join()).toMatch(/an unfinished footer/);
        expect(verdict.bytes.equals(made.bytes)).toBe(true);
      } else expect(verdict.message).toMatch(/footer/);
    });
  });

  it("activeLog_haltsAndNamesThePlace", async () => {
    const disk = await newDisk();
    const { log, data: directory } = await openLog(disk.mount());
    const frames = append(log, 3, entries(4));
    await directory.close();
    disk.kill();
    await eachByte({ disk, bytes: bytesOf(frames) }, `${FIRST}.log`, (verdict, byte) => {
      const entry = Math.floor(byte / 148) + 1;
      expect(placeOf(verdict)).toContain(
        `${FIRST}.log: byte ${(entry - 1) * 148} (entry ${entry}, term 3): `,
      );
      expect(placeOf(verdict)).toMatch(/a row proves that it was synced; next: /);
    });
  });

  it("activeIndex_isMendedFromTheFramesOrHalts", async () => {
    const disk = await newDisk();
    const { log, data: directory } = await openLog(disk.mount());
    const frames = append(log, 3, entries(4));
    await directory.close();
    disk.kill();
    await eachByte({ disk, bytes: bytesOf(frames) }, `${FIRST}.index`, (verdict, byte, harmed) => {
      if (byte < 48)
        expect(placeOf(verdict)).toMatch(/0\.index: byte 0: the header does not match/);
      else {
        expect(verdict.kind === "opened" && verdict.bytes.equals(bytesOf(frames))).toBe(true);
        const whole = disk.readFile(`${FIRST}.index`).length;
        expect(harmed.readFile(`${FIRST}.index`).length).toBe(whole);
      }
    });
  });

  it("sealedIndex_isNoticedWhenUsed", async () => {
    const made = await threeSegments(2);
    await eachByte(made, `${FIRST}.index`, (verdict, byte) => {
      // The header of a sealed segment's rows is only read by those who verify files.
      if (byte >= 48) expect(placeOf(verdict)).toMatch(/0\.index: byte \d+ \(entry \d\): the row/);
    });
  });

  it("unacknowledgedTail_isCutAndNothingElse", async () => {
    const disk = await newDisk();
    const { log, data: directory } = await openLog(disk.mount());
    const frames = append(log, 3, entries(5), LARGE_SEGMENTS);
    await directory.close();
    disk.kill();
    disk.cut(`${FIRST}.index`, 48 + 2 * ROW_BYTES);
    for (let byte = 2 * 148; byte < 5 * 148; byte++) {
      const harmed = disk.fork();
      harmed.flip(`${FIRST}.log`, byte);
      const verdict = await look(harmed);
      const left = frames.slice(0, Math.floor(byte / 148));
      expect(verdict.kind === "opened" && verdict.bytes.equals(bytesOf(left))).toBe(true);
    }
  });
});

describe("a cut file", () => {
  it("activeLog_haltsWhereAnAcknowledgedEntryIsGone", async () => {
    const disk = await newDisk();
    const { log, data: directory } = await openLog(disk.mount());
    const frames = append(log, 3, entries(3));
    await directory.close();
    disk.kill();
    await eachLength({ disk, bytes: bytesOf(frames) }, `${FIRST}.log`, (verdict, length) => {
      const entry = Math.floor(length / 148) + 1;
      expect(placeOf(verdict)).toMatch(
        new RegExp(`0\\.log: byte \\d+ \\(entry ${entry}, term 3\\)`),
      );
    });
  });

  it("activeIndex_isMendedFromTheFrames", async () => {
    const disk = await newDisk();
    const { log, data: directory } = await openLog(disk.mount());
    const frames = append(log, 3, entries(3));
    await directory.close();
    disk.kill();
    await eachLength({ disk, bytes: bytesOf(frames) }, `${FIRST}.index`, (verdict, length) => {
      if (length < 48) expect(placeOf(verdict)).toMatch(/0\.index: byte 0: the header is cut off/);
      else expect(verdict.kind === "opened" && verdict.bytes.equals(bytesOf(frames))).toBe(true);
    });
  });

  it("sealedLog_haltsOrItsFooterIsMadeAgain", async () => {
    const made = await threeSegments(1);
    await eachLength(made, `${FIRST}.log`, (verdict, length) => {
      if (length >= 4 * 148)
        expect(verdict.kind === "opened" && verdict.bytes.equals(made.bytes)).toBe(true);
      else
        expect(placeOf(verdict)).toMatch(/0\.log: byte \d+ \(entry [1-4].*the next segment proves/);
    });
  });
});

describe("a directory that was tampered with", () => {
  it("tells an absent file from a damaged one", async () => {
    for (const [file, why] of [
      ["00000000000000000000.log", "the oldest segment"],
      ["00000000000000000008.log", "names segments before or after it"],
      ["00000000000000000008.index", "names segments before or after it"],
      ["00000000000000000016.index", "names segments before or after it"],
    ] as const) {
      const { disk } = await threeSegments(1);
      disk.remove(`${LOG}/${file}`);
      if (file.startsWith("00000000000000000000")) disk.remove(`${FIRST}.index`);
      expect(placeOf(await look(disk))).toMatch(new RegExp(`${file}: absent, although .*${why}`));
    }
  });

  it("refuses a file that no log writes, and touches nothing", async () => {
    const { disk } = await threeSegments(1);
    disk.put(`${LOG}/notes.txt`, Buffer.from("mine"));
    expect(placeOf(await look(disk))).toContain(`${LOG}/notes.txt: not a file of this log`);
    expect(Buffer.from(disk.readFile(`${LOG}/notes.txt`)).toString()).toBe("mine");
  });

  it("refuses a segment that the hard state does not name but that holds entries", async () => {
    const { disk } = await threeSegments(0);
    const last = disk.readFile(`${LOG}/00000000000000000016.log`);
    disk.put(`${LOG}/00000000000000000020.log`, last);
    expect(placeOf(await look(disk))).toContain(
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

  it("halts at a bad frame far before a good one, though no row vouches for it", async () => {
    const disk = await newDisk();
    const { log, heard, data: directory } = await openLog(disk.mount());
    const settings = { segmentBytes: 1 << 26, segmentMs: undefined };
    append(
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
    expect(placeOf(await look(disk))).toMatch(
      /byte 88 \(entry 2\): the payload .*the frame at byte 9437\d+ was written only after/,
    );
  });

  it("halts at a bad entry without a row that an earlier row knows to be committed", async () => {
    const disk = await newDisk();
    const { log, heard, data: directory } = await openLog(disk.mount());
    append(log, 1, entries(3));
    // The others were faster: the commit is known before the rows are written.
    log.committed(3 as LogIndex);
    await heard.until(() => heard.durable === 3);
    await directory.close();
    disk.kill();
    disk.cut(`${FIRST}.index`, 48 + 2 * ROW_BYTES);
    disk.flip(`${FIRST}.log`, 2 * 148 + 100);
    expect(placeOf(await look(disk))).toMatch(
      /byte 296 \(entry 3\): the payload .*a row knows that it was committed/,
    );
  });

  it("refuses a frame, a row file and a footer of a later version, and touches nothing", async () => {
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
      expect(placeOf(await look(newer))).toMatch(/of a version that this program does not know/);
      const log = newer.files().filter((name) => name.startsWith(LOG));
      for (const name of log)
        expect(before[newer.files().indexOf(name)]?.equals(newer.readFile(name))).toBe(true);
    }
  });
});
