import { describe, expect, it } from "vitest";
import { SimDisk } from "../../src/sim/disk/index.ts";
import { HARD_STATE_FORMAT } from "../../src/storage/hard-state-format.ts";
import { encodeRecord } from "../../src/storage/record-file.ts";
import { listSegments } from "../../src/storage/dump/list-segments.ts";
import { isCorruption, noCounts } from "../../src/storage/verify.ts";
import { counted, lines, verify, writtenDisk } from "./support/written-disk.ts";
import { append, data, type OpenLog, openLog } from "./wal/support/log-bench.ts";

/** Every byte; of the zeros that fill up a record only some: record-file.test.ts flips them all. */
function bytesToFlip(file: string, length: number): readonly number[] {
  const bytes = Array.from({ length }, (_, byte) => byte);
  return file.startsWith("data/log/") ? bytes : bytes.filter((at) => at < 256 || at % 97 === 0);
}

describe("verify, of a clean directory", () => {
  it("finds nothing, and counts what it looked at", async () => {
    const disk = await writtenDisk();
    const segments = await listSegments(disk.mount(), "data");
    const states = segments.map(({ state }) => state);
    expect(states).toEqual(["sealed", "sealed", "closed", "closed", "active"]);
    expect(segments.some(({ file }) => file.includes("-"))).toBe(true);
    expect(lines(await verify(disk))).toEqual([]);
    const last = segments.at(-1);
    const logFiles = disk.files().filter((file) => file.startsWith("data/log/"));
    expect(await counted(disk)).toEqual({
      ...noCounts(),
      files: logFiles.length + 4,
      segments: 5,
      sealedSegments: 2,
      frames: last?.lastIndex,
      records: last?.nextOffset,
      rows: last?.lastIndex,
      bytes: logFiles.reduce((sum, file) => sum + disk.readFile(file).length, 0),
      findings: 0,
    });
  });

  it("finds nothing in a directory that was just made", async () => {
    const disk = new SimDisk();
    await openLog(disk.mount());
    expect(lines(await verify(disk))).toEqual([]);
  });

  it("takes the log directory alone, and any single file of it", async () => {
    const disk = await writtenDisk();
    for (const path of ["data/log", ...disk.files().filter((file) => !file.endsWith("LOCK"))])
      expect(lines(await verify(disk, path))).toEqual([]);
  });

  it("takes no lock and changes nothing", async () => {
    const disk = await writtenDisk();
    await disk.mount().lock("data");
    const before = disk.operations.length;
    await verify(disk);
    expect(disk.operations.length).toBe(before);
  });

  it("refuses what is not there, or nothing of a node's", async () => {
    const disk = await writtenDisk();
    await expect(verify(disk, "nowhere")).rejects.toMatchObject({ kind: "io" });
    await expect(verify(disk, "data/log/00000000000000099999.log")).rejects.toThrow("ENOENT");
    disk.put("photos/one.jpg", new Uint8Array(1));
    await expect(verify(disk, "photos")).rejects.toMatchObject({ kind: "config" });
  });
});

describe("verify, with one byte flipped", () => {
  it("names the file and calls it corruption, whichever byte of whichever file", async () => {
    const disk = await writtenDisk();
    const active = (await listSegments(disk.mount(), "data")).at(-1)?.file.replace(".log", "");
    let flips = 0;
    for (const file of disk.files())
      for (const byte of bytesToFlip(file, disk.readFile(file).length)) {
        const fork = disk.fork();
        fork.flip(file, byte, 1 << (byte & 7));
        const found = (await verify(fork)).filter((finding) => finding.file === file);
        flips++;
        if (found.length === 0) expect.fail(`byte ${byte} of ${file} went unseen`);
        // The last row of the active segment may be a torn write; everything else is not.
        if (!found.some(isCorruption)) expect(file).toBe(`data/log/${active}.index`);
      }
    expect(flips).toBeGreaterThan(4_000);
  });

  it("names the byte where the damaged frame begins, and its entry", async () => {
    const disk = await writtenDisk();
    disk.flip("data/log/00000000000000000000.log", 88 + 20);
    expect(lines(await verify(disk))).toEqual([
      "damaged data/log/00000000000000000000.log:88 (entry 2): " +
        "the frame's header does not match its checksum",
    ]);
  });

  it("finds damage after damage", async () => {
    const disk = await writtenDisk();
    const [first] = await listSegments(disk.mount(), "data");
    for (const byte of [5, 88 + 100, 88 + 128 + 30]) disk.flip(`data/log/${first?.file}`, byte);
    expect((await verify(disk)).map(({ index }) => index)).toEqual([1, 2, 3]);
  });

  it("says of a frame in the active segment what proves it: it is not torn", async () => {
    const disk = await writtenDisk();
    const active = (await listSegments(disk.mount(), "data")).at(-1);
    disk.flip(`data/log/${active?.file}`, 95);
    const [finding] = await verify(disk);
    expect(finding).toMatchObject({ kind: "damaged", byte: 0, index: active?.firstIndex });
    expect(finding?.means).toContain("a row proves that it was synced, so this is not a torn end");
  });
});

describe("verify, of files that are absent or cut", () => {
  it("names each file of the log that was removed", async () => {
    const disk = await writtenDisk();
    for (const file of disk.files().filter((name) => name.startsWith("data/log/"))) {
      const fork = disk.fork();
      fork.remove(file);
      const found = await verify(fork);
      expect(lines(found.filter(isCorruption)).join()).toContain(`absent ${file}: absent`);
    }
  });

  it("names a whole segment that is gone from the middle", async () => {
    const disk = await writtenDisk();
    const second = (await listSegments(disk.mount(), "data"))[1];
    const file = `data/log/${second?.file}`;
    disk.remove(file);
    disk.remove(file.replace(".log", ".index"));
    expect(lines(await verify(disk))).toContain(
      `absent ${file}: absent; entries ${second?.firstIndex} to ${second?.lastIndex}`,
    );
  });

  it("finds every length but the right one of a sealed segment's files", async () => {
    const disk = await writtenDisk();
    for (const file of ["data/log/00000000000000000000.log", "data/log/00000000000000000000.index"])
      for (let length = 0; length <= disk.readFile(file).length + 64; length += 7) {
        if (length === disk.readFile(file).length) continue;
        const fork = disk.fork();
        fork.cut(file, length);
        const found = (await verify(fork)).filter((finding) => finding.file === file);
        if (!found.some(isCorruption)) expect.fail(`${file} of ${length} bytes went unseen`);
      }
  });

  it("finds acknowledged frames that were cut off the active segment", async () => {
    const disk = await writtenDisk();
    const active = (await listSegments(disk.mount(), "data")).at(-1);
    disk.cut(`data/log/${active?.file}`, 0);
    expect(lines(await verify(disk))).toEqual([
      `damaged data/log/${active?.file}:0 (entry ${active?.firstIndex}): ` +
        `the file ends before entry ${active?.firstIndex}`,
    ]);
  });

  it("names hard state and identity files", async () => {
    const disk = await writtenDisk();
    for (const name of ["hard-state.0", "hard-state.1", "identity.0", "identity.1"]) {
      const fork = disk.fork();
      fork.remove(`data/${name}`);
      const [finding, ...more] = await verify(fork);
      expect(finding).toMatchObject({ kind: "absent", file: `data/${name}` });
      expect(more).toEqual([]);
    }
  });
});

describe("verify, of what a crash leaves", () => {
  it("tells a torn tail from damage", async () => {
    const disk = await writtenDisk();
    const active = (await listSegments(disk.mount(), "data")).at(-1);
    const file = `data/log/${active?.file}`;
    disk.patch(file, disk.readFile(file).length, new Uint8Array(300).fill(7));
    const found = await verify(disk);
    expect(found).toMatchObject([{ kind: "torn", file, byte: active?.bytes }]);
    expect(found.filter(isCorruption)).toEqual([]);
  });

  it("tells frames whose rows a crash prevented from rows that were lost", async () => {
    const disk = await writtenDisk();
    const active = (await listSegments(disk.mount(), "data")).at(-1);
    const file = `data/log/${active?.file}`.replace(".log", ".index");
    disk.cut(file, disk.readFile(file).length - 48 - 11);
    const torn = await verify(disk);
    expect(torn.map(({ kind }) => kind)).toEqual(["torn"]);
    expect(torn[0]?.what).toMatch(/^entries \d+ to \d+ have no rows$/);
  });

  it("sees an update of the hard state that was cut short as what it is", async () => {
    const disk = await writtenDisk();
    const { data: directory } = await openLog(disk.mount());
    disk.fault({ operation: "write", path: /hard-state\.1$/, effect: "hang" });
    const never = directory.hardState.update({ incarnation: 99 });
    never.catch(() => undefined);
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    expect(lines(await verify(disk))).toEqual([]);
  });

  it("finds no damage in a directory that a kill left, at whatever moment", async () => {
    const disk = await writtenDisk();
    const { log } = await openLog(disk.mount());
    append(log, 5, [data(20), data(21, 1, 400), data(22, 1, 600)]);
    for (let turn = 0; turn < 40; turn++) {
      await Promise.resolve();
      const killed = disk.fork();
      killed.kill();
      expect(lines((await verify(killed)).filter(isCorruption))).toEqual([]);
    }
  });
});

describe("verify, of a running node's directory", () => {
  /** Appends, cuts, commits; rolls and seals follow. */
  async function write({ log, heard }: OpenLog): Promise<void> {
    for (let turn = 0; turn < 15; turn++) {
      const before = log.tail.last.index;
      append(log, 5 + turn, [data(turn), data(turn + 1, 2, 300)]);
      if (turn % 3 === 1) {
        log.truncateSuffix((before + 1) as typeof before);
        append(log, 6 + turn, [data(turn), data(turn, 1, 350)]);
      }
      await heard.until(() => heard.durable === log.tail.last.index);
      if (turn % 5 === 4) log.committed(log.tail.last.index);
    }
  }

  it("finds no damage, whatever the node is doing at that moment", async () => {
    const stopped = await writtenDisk();
    for (let moment = 0; moment < 60; moment++) {
      const disk = stopped.fork();
      const opened = await openLog(disk.mount());
      const writing = write(opened);
      for (let turn = 0; turn < moment * 8; turn++) await Promise.resolve();
      expect(lines((await verify(disk)).filter(isCorruption))).toEqual([]);
      await writing;
      expect(opened.heard.failures).toEqual([]);
      expect(opened.heard.sealed.length).toBeGreaterThan(2);
    }
  });
});

describe("verify, of history that does not fit together", () => {
  it("names the seam where a segment of another history was put in, intact in itself", async () => {
    const disk = await writtenDisk();
    const other = await writtenDisk("another payload");
    const [first, second] = await listSegments(disk.mount(), "data");
    for (const kind of ["log", "index"]) {
      const file = `data/log/${first?.file}`.replace(/log$/, kind);
      expect(other.readFile(file)).not.toEqual(disk.readFile(file));
      disk.put(file, other.readFile(file));
    }
    expect(lines(await verify(disk))).toEqual([
      `damaged data/log/${second?.file}:0 (entry ${second?.firstIndex}): ` +
        `the segment does not continue ${first?.file}`,
    ]);
  });

  it("names the log of another cluster", async () => {
    const disk = await writtenDisk();
    const { data: directory } = await openLog(disk.mount());
    const { current } = directory.identity;
    const cluster = { clusterId: "c2", voters: [], formed: true };
    await directory.identity.save({ ...current, cluster });
    const found = await verify(disk);
    expect(lines(found)[0]).toContain("the log belongs to another cluster, or to other voters");
  });

  it("names a hard state file that is an old copy", async () => {
    const disk = await writtenDisk();
    const record = {
      currentTerm: 1,
      votedFor: undefined,
      incarnation: 1,
      firstSegment: undefined,
      activeSegment: undefined,
      snapshot: undefined,
      compactedTo: 0,
      reset: undefined,
    } as never;
    disk.put("data/hard-state.1", encodeRecord(HARD_STATE_FORMAT, 1, { record, trusted: true }));
    expect(lines(await verify(disk))[0]).toMatch(
      /^damaged data\/hard-state\.1:16: it is \d+ generations behind the other file$/,
    );
  });

  it("names a file that is no part of a log", async () => {
    const disk = await writtenDisk();
    disk.put("data/log/notes.txt", new Uint8Array(1));
    expect(lines(await verify(disk))).toEqual([
      "foreign data/log/notes.txt: not a file of this log",
    ]);
  });

  it("tells an empty segment that the hard state does not name from a full one", async () => {
    const disk = await writtenDisk();
    disk.put("data/log/00000000000000090000.log", new Uint8Array(0));
    expect((await verify(disk)).map(({ kind }) => kind)).toEqual(["torn"]);
    disk.put("data/log/00000000000000090000.log", new Uint8Array(9));
    expect(lines(await verify(disk))).toEqual([
      "damaged data/log/00000000000000090000.log:0: " +
        "the segment holds entries, and the hard state does not name it",
    ]);
  });
});
