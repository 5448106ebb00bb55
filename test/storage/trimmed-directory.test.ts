import { beforeEach, describe, expect, it } from "vitest";
import { LogIndex } from "../../src/common/brand.ts";
import type { SimDisk } from "../../src/sim/disk/index.ts";
import { repairDataDirectory } from "../../src/storage/index.ts";
import { dumpCheckpoints } from "../../src/storage/dump/dump-checkpoints.ts";
import { dumpFrames } from "../../src/storage/dump/dump-frames.ts";
import { listSegments } from "../../src/storage/dump/list-segments.ts";
import { isCorruption } from "../../src/storage/verify.ts";
import { LOG, newDisk, openLog } from "./wal/support/log-bench.ts";
import { diskAfter, FAR_AHEAD, startAfterSegment } from "./wal/support/prefix-story.ts";
import { counted, lines, verify } from "./support/written-disk.ts";

const CHECKPOINT_8 = `data/snapshots/${"8".padStart(20, "0")}.checkpoint`;
const FIRST = `${LOG}/${"8".padStart(20, "0")}`;

/** As it was before anything went: entries 1 to 4, 5 to 8, 9 to 12 sealed, 13 and 14 active. */
let whole: SimDisk;
/** The log begins with entry 9. */
let disk: SimDisk;

beforeEach(async () => {
  whole = await diskAfter(
    async (story) => {
      await story.append(1, 9);
      await story.append(3, 5);
      await story.seal(13);
      for (const index of [4, 8, 12]) await story.checkpoint(startAfterSegment(story.log, index));
    },
    await newDisk(),
  );
  disk = await diskAfter(async (story) => {
    await story.truncatePrefix(8);
    await story.prune((index) => index >= 8);
  }, whole);
});

function flip(on: SimDisk, path: string, byte: number): void {
  const bytes = on.readFile(path).slice();
  bytes[byte] = (bytes[byte] ?? 0) ^ 1;
  on.put(path, bytes);
}

function remove(on: SimDisk, ...paths: readonly string[]): Promise<void> {
  return paths.reduce(
    (before, path) => before.then(() => on.mount().unlink(path)),
    Promise.resolve(),
  );
}

function loseHardState(on: SimDisk): void {
  for (const path of ["data/hard-state.0", "data/hard-state.1"]) flip(on, path, 40);
}

/** Files of the oldest segments, as they were before they went. */
function bringBack(stems: readonly string[]): void {
  for (const stem of stems)
    for (const kind of ["log", "index"])
      disk.put(`${LOG}/${stem}.${kind}`, whole.readFile(`${LOG}/${stem}.${kind}`).slice());
}

const STEM_1 = "0".repeat(20);
const STEM_5 = "4".padStart(20, "0");

describe("verify of a log whose prefix has gone", () => {
  it("finds nothing, and counts what it looked at", async () => {
    expect(lines(await verify(disk))).toEqual([]);
    expect(await counted(disk)).toMatchObject({ segments: 2, frames: 6, checkpoints: 2 });
  });

  it("names the checkpoint and calls it corruption, whichever byte is flipped", async () => {
    const { length } = disk.readFile(CHECKPOINT_8);
    for (let byte = 0; byte < length; byte++) {
      const flipped = disk.fork();
      flip(flipped, CHECKPOINT_8, byte);
      const [found, ...others] = await verify(flipped);
      expect(others).toEqual([]);
      expect(found).toMatchObject({ kind: "damaged", file: CHECKPOINT_8 });
      expect(found?.byte).toBeTypeOf("number");
    }
  });

  it("names the checkpoint that is cut, at whatever length", async () => {
    const bytes = disk.readFile(CHECKPOINT_8);
    for (let length = 0; length < bytes.length; length++) {
      const cut = disk.fork();
      cut.put(CHECKPOINT_8, bytes.slice(0, length));
      expect(await verify(cut)).toMatchObject([{ kind: "damaged", file: CHECKPOINT_8 }]);
    }
  });

  it("looks at one checkpoint alone", async () => {
    expect(lines(await verify(disk, CHECKPOINT_8))).toEqual([]);
    flip(disk, CHECKPOINT_8, 60);
    expect(lines(await verify(disk, CHECKPOINT_8))).toEqual([
      `damaged ${CHECKPOINT_8}:67: its SHA-256 does not match its bytes`,
    ]);
    await expect(verify(disk, `${CHECKPOINT_8.slice(0, -12)}9.checkpoint`)).rejects.toThrow(
      /does not exist/,
    );
  });

  it("tells what is still to be removed from damage, whatever is in it", async () => {
    bringBack([STEM_1, STEM_5]);
    flip(disk, `${LOG}/${STEM_5}.log`, 50);
    disk.put(`${CHECKPOINT_8}.tmp`, new Uint8Array(9));
    expect(lines(await verify(disk))).toEqual([
      `torn ${CHECKPOINT_8}.tmp: a checkpoint that was not finished`,
      `torn ${LOG}/${STEM_1}.log: a segment that the log has let go`,
      `torn ${LOG}/${STEM_5}.log: a segment that the log has let go`,
    ]);
  });

  it("calls the oldest segment absent when it is, though the manifest names it", async () => {
    await remove(disk, `${FIRST}.log`, `${FIRST}.index`);
    expect(lines(await verify(disk))[0]).toBe(
      `absent ${FIRST}.log: absent; the hard state names it as the oldest segment`,
    );
    await expect(openLog(disk.mount())).rejects.toThrow(/absent, although|names it as the oldest/);
  });

  it("compares the oldest segment with the checkpoint before it", async () => {
    const { data } = await openLog(disk.mount());
    const { start } = (await data.checkpoints.read(LogIndex(8))) ?? expect.fail("a checkpoint");
    await data.checkpoints.save({ start: { ...start, chain: 7 }, state: new Uint8Array(2) });
    await data.close();
    disk.kill();
    const told = "the segment does not continue the checkpoint of entry 8";
    expect(lines(await verify(disk))).toEqual([`damaged ${FIRST}.log:0 (entry 9): ${told}`]);
    await expect(openLog(disk.mount())).rejects.toThrow(told);
  });

  it("says that a log is being made anew, and nothing about what is void", async () => {
    const { data } = await openLog(disk.mount());
    await data.hardState.update({ snapshot: FAR_AHEAD.last, reset: FAR_AHEAD });
    await data.close();
    disk.kill();
    flip(disk, `${FIRST}.log`, 50);
    expect(lines(await verify(disk))).toEqual([`torn ${LOG}: being made anew behind entry 40`]);
    expect(await repairDataDirectory(disk.mount(), "data", { apply: true })).toMatchObject([
      { kind: "start", file: LOG },
    ]);
    const { log, notes } = await openLog(disk.mount());
    expect(notes).toEqual([`${LOG}: made anew behind entry 40: that had been begun`]);
    expect(log.start.last.index).toBe(40);
  });
});

describe("verify of a running node", () => {
  it.each(["truncatePrefix", "reset"])("finds no damage at any moment of a %s", async (what) => {
    for (let moment = 0; moment < 90; moment++) {
      const running = whole.fork();
      const { log, data, heard } = await openLog(running.mount());
      await data.checkpoints.save({ start: FAR_AHEAD, state: new Uint8Array(2) });
      const snapshot = startAfterSegment(log, 12).last;
      const work =
        what === "reset" ? log.reset(FAR_AHEAD) : log.truncatePrefix(LogIndex(12), { snapshot });
      for (let turn = 0; turn < moment * 6; turn++) await Promise.resolve();
      const found = (await verify(running)).filter(isCorruption);
      expect(lines(found), `moment ${moment}`).toEqual([]);
      await work;
      expect(heard.failures).toEqual([]);
    }
  });
});

describe("a log whose prefix has gone, looked at offline", () => {
  it("is listed and dumped from its first segment on", async () => {
    const segments = await listSegments(disk.mount(), "data");
    expect(segments.map(({ firstIndex, lastIndex }) => [firstIndex, lastIndex])).toEqual([
      [9, 12],
      [13, 14],
    ]);
    const dumped: unknown[] = [];
    for await (const { header, fault } of dumpFrames(disk.mount(), "data"))
      dumped.push(fault ?? header?.index);
    expect(dumped).toEqual([9, 10, 11, 12, 13, 14]);
  });

  it("shows its checkpoints, whole or damaged", async () => {
    flip(disk, CHECKPOINT_8, 60);
    const [eight, twelve, ...others] = await dumpCheckpoints(disk.mount(), "data");
    expect(others).toEqual([]);
    expect(eight).toMatchObject({ file: CHECKPOINT_8, start: undefined, state: undefined });
    expect(eight?.fault).toMatch(/^byte 67: /);
    expect(twelve).toMatchObject({ start: { last: { index: 12 } }, state: '{"state":1}' });
    expect(await dumpCheckpoints(disk.mount(), CHECKPOINT_8)).toEqual([eight]);
  });

  it("makes the rows of its first segment again, header and all", async () => {
    for (const kind of ["start", "repair"]) {
      const damaged = disk.fork();
      flip(damaged, `${FIRST}.index`, 20);
      flip(damaged, `${FIRST}.log`, damaged.readFile(`${FIRST}.log`).length - 1);
      if (kind === "repair") await repairDataDirectory(damaged.mount(), "data", { apply: true });
      const { log } = await openLog(damaged.mount());
      expect(log.start.last.index).toBe(8);
      expect(log.tail.last.index).toBe(14);
    }
  });
});

describe("repair of a log whose prefix has gone", () => {
  const repair = (apply = true) => repairDataDirectory(disk.mount(), "data", { apply });

  it("finds nothing to do", async () => {
    expect(await repair()).toEqual([]);
  });

  it("removes what interrupted work left, and leaves a damaged checkpoint alone", async () => {
    bringBack([STEM_5]);
    disk.put(`${CHECKPOINT_8}.tmp`, new Uint8Array(9));
    flip(disk, CHECKPOINT_8, 60);
    const before = disk.readFile(CHECKPOINT_8);
    expect(await repair()).toMatchObject([
      { kind: "start", file: CHECKPOINT_8, byte: 67 },
      { kind: "mend", file: `${CHECKPOINT_8}.tmp` },
      { kind: "mend", file: `${LOG}/${STEM_5}.log` },
      { kind: "mend", file: `${LOG}/${STEM_5}.index` },
    ]);
    expect(await repair()).toMatchObject([{ kind: "start", file: CHECKPOINT_8 }]);
    expect(disk.readFile(CHECKPOINT_8)).toEqual(before);
  });

  it("is stuck where the log has a past and no checkpoint is intact", async () => {
    const twelve = CHECKPOINT_8.replace("08.", "12.");
    for (const file of [CHECKPOINT_8, twelve]) flip(disk, file, 60);
    expect((await repair()).map(({ kind }) => kind)).toEqual(["start", "start", "stuck"]);
  });
});

describe("a log whose prefix has gone and whose hard state is lost", () => {
  it("is taken from the files when a checkpoint vouches for its beginning", async () => {
    loseHardState(disk);
    const { log, data } = await openLog(disk.mount());
    expect(data.hardState.trusted).toBe(false);
    expect(log.start.last.index).toBe(8);
    expect(data.hardState.current.snapshot).toEqual({ index: 8, term: 1 });
    expect(log.tail.last.index).toBe(14);
  });

  it.each([
    ["absent", async () => remove(disk, CHECKPOINT_8)],
    ["damaged", async () => flip(disk, CHECKPOINT_8, 60)],
  ])("is refused when that checkpoint is %s", async (_name, act) => {
    await act();
    loseHardState(disk);
    await expect(openLog(disk.fork().mount())).rejects.toMatchObject({
      kind: "corruption",
      message: expect.stringMatching(/begins with entry 9.*no intact snapshots\/0+8\.checkpoint/),
    });
    const found = await repairDataDirectory(disk.mount(), "data", { apply: true });
    expect(found.filter(({ kind }) => kind === "stuck").length).toBeGreaterThan(0);
  });
});

describe("segments older than the first", () => {
  it("are damage where no snapshot covers them", async () => {
    bringBack([STEM_1, STEM_5]);
    const opened = await openLog(disk.mount());
    expect(opened.notes.filter((note) => /the log begins after it/.test(note)).length).toBe(4);
    await opened.data.hardState.update({ snapshot: undefined });
    await opened.data.close();
    disk.kill();
    bringBack([STEM_5]);
    await expect(openLog(disk.mount())).rejects.toThrow(/older than the oldest one/);
  });

  it("never stand in for the first one, though they share its base offset", async () => {
    // 0-… has no records, so that the next segment begins with the same offset.
    const shared = await diskAfter(
      async (story) => {
        await story.append(1, 1);
      },
      await newDisk(),
    );
    const stem = `${LOG}/${STEM_1}`;
    const opened = await openLog(shared.mount());
    const { activeSegment } = opened.data.hardState.current;
    const firstIndex = LogIndex(5);
    const wrong = { ...(activeSegment ?? expect.fail("a segment")), firstIndex };
    await opened.data.hardState.update({ firstSegment: wrong, activeSegment: wrong });
    await opened.data.close();
    shared.kill();
    await expect(openLog(shared.mount())).rejects.toThrow(
      `${stem}.log: byte 0 (entry 1): the hard state names the segment that begins with entry 5`,
    );
  });
});
