import { describe, expect, it } from "vitest";
import { LogIndex, Offset } from "../../../src/common/brand.ts";
import type { Frame } from "../../../src/common/frame.ts";
import type { SimDisk } from "../../../src/sim/disk/index.ts";
import { openDataDirectory, type SegmentRef } from "../../../src/storage/index.ts";
import { ROW_BYTES } from "../../../src/storage/wal/index-header.ts";
import { seededRandom } from "../../../src/common/random.ts";
import {
  append,
  bytesOf,
  data,
  LARGE_SEGMENTS,
  LOG,
  newDisk,
  openLog,
  readAll,
  SMALL_SEGMENTS,
} from "./support/log-bench.ts";

const FIRST = `${LOG}/00000000000000000000`;
const SECOND = `${LOG}/00000000000000000004`;
const THE_FIRST: SegmentRef = { baseOffset: Offset(0), firstIndex: LogIndex(1) };
const FRAME = 148;
const HEADER = 48;
const entries = (count: number) => Array.from({ length: count }, (_, at) => data(at, 1, 60));

interface Made {
  readonly disk: SimDisk;
  readonly frames: readonly Frame[];
}

/** A log of `count` entries, four to a segment when they are `small`, stopped cleanly. */
async function logOf(count: number, segments = SMALL_SEGMENTS, committed = 0): Promise<Made> {
  const disk = await newDisk();
  const { log, heard, data: directory } = await openLog(disk.mount());
  const frames = append(log, 1, entries(count), segments);
  await heard.until(() => heard.durable === count);
  log.committed(committed as LogIndex);
  const closed = log
    .segments()
    .filter(({ firstIndex }) => firstIndex > 1 && firstIndex <= committed);
  await heard.until(() => heard.sealed.length === closed.length);
  await directory.close();
  disk.kill();
  return { disk, frames };
}

/** Makes the manifest name another active segment than it did. */
async function nameActive(disk: SimDisk, activeSegment: SegmentRef): Promise<void> {
  const options = { nodeId: "n1", random: seededRandom(1) };
  const { hardState } = await openDataDirectory(disk.mount(), "data", options);
  await hardState.update({ activeSegment });
  disk.kill();
}

/** What recovery finds and says; then it must find the same, and have nothing to say. */
async function recover(disk: SimDisk): Promise<{ found: Buffer; notes: string; files: string[] }> {
  const first = await openLog(disk.mount());
  const found = await readAll(first.log);
  const notes = first.notes.join("; ");
  disk.kill();
  const second = await openLog(disk.mount());
  expect(second.notes).toEqual([]);
  expect((await readAll(second.log)).equals(found)).toBe(true);
  disk.kill();
  const files = disk.files().filter((path) => path.startsWith(`${LOG}/`));
  return { found, notes, files };
}

function holds(found: Buffer, frames: readonly Frame[]): boolean {
  return found.equals(bytesOf(frames));
}

describe("what a crash leaves", () => {
  it("append_framesWithoutRows: they are kept, written again, and given rows", async () => {
    const { disk, frames } = await logOf(4);
    disk.cut(`${FIRST}.index`, HEADER + ROW_BYTES);
    const { found, notes } = await recover(disk);
    expect(holds(found, frames)).toBe(true);
    expect(notes).toContain(`wrote entries 2 to 4 of ${FIRST}.log again: they had no rows`);
    expect(notes).toContain(`added 3 missing rows to ${FIRST}.index`);
  });

  it("append_tornFrame: it is cut, with what follows it", async () => {
    const { disk, frames } = await logOf(4);
    disk.cut(`${FIRST}.index`, HEADER + ROW_BYTES);
    disk.patch(`${FIRST}.log`, 2 * FRAME + 100, new Uint8Array(40));
    const { found, notes } = await recover(disk);
    expect(holds(found, frames.slice(0, 2))).toBe(true);
    expect(notes).toContain(`cut ${2 * FRAME} bytes (never acknowledged) off ${FIRST}.log`);
  });

  it("append_partOfAFrame: it is cut", async () => {
    const { disk, frames } = await logOf(3);
    disk.cut(`${FIRST}.index`, HEADER + 2 * ROW_BYTES);
    disk.cut(`${FIRST}.log`, 2 * FRAME + 50);
    const { found, notes } = await recover(disk);
    expect(holds(found, frames.slice(0, 2))).toBe(true);
    expect(notes).toContain("cut 50 bytes");
  });

  it("append_tornRows: entries are kept, rows are written again", async () => {
    const { disk, frames } = await logOf(4);
    disk.patch(`${FIRST}.index`, HEADER + ROW_BYTES, new Uint8Array(2 * ROW_BYTES));
    const { found, notes } = await recover(disk);
    expect(holds(found, frames)).toBe(true);
    expect(notes).toBe(`added 2 missing rows to ${FIRST}.index`);
  });

  it("append_zerosBehindTheLastFrame: they are cut", async () => {
    const { disk, frames } = await logOf(2);
    disk.cut(`${FIRST}.log`, 2 * FRAME + 5_000);
    const { found } = await recover(disk);
    expect(holds(found, frames)).toBe(true);
    expect(disk.readFile(`${FIRST}.log`).length).toBe(2 * FRAME);
  });

  it("roll_pairNotNamed: it is removed", async () => {
    const { disk, frames } = await logOf(4);
    disk.put(`${SECOND}.log`, new Uint8Array(0));
    disk.put(`${SECOND}.index`, new Uint8Array(HEADER));
    const { found, notes, files } = await recover(disk);
    expect(holds(found, frames)).toBe(true);
    expect(notes).toMatch(/removed .*4\.log: empty.*removed .*4\.index: empty/);
    expect(files).toEqual([`${FIRST}.index`, `${FIRST}.log`]);
  });

  it("roll_namedButEmpty: the segment before is active again", async () => {
    const { disk, frames } = await logOf(5);
    disk.cut(`${SECOND}.index`, HEADER);
    disk.cut(`${SECOND}.log`, 0);
    const { found, notes, files } = await recover(disk);
    expect(holds(found, frames.slice(0, 4))).toBe(true);
    expect(notes).toContain(`removed ${SECOND}.log: its first entry was never written`);
    expect(files).toEqual([`${FIRST}.index`, `${FIRST}.log`]);
  });

  it("roll_firstOfTheLog: an empty segment that is named stays", async () => {
    const { disk } = await logOf(1);
    disk.cut(`${FIRST}.index`, HEADER);
    disk.cut(`${FIRST}.log`, 0);
    const { found } = await recover(disk);
    expect(found.length).toBe(0);
    const { log, heard } = await openLog(disk.mount());
    append(log, 2, entries(2));
    await heard.until(() => log.durable === 2);
    expect(log.segments().map(({ file }) => file)).toEqual(["00000000000000000000.log"]);
  });

  it("seal_partOfAFooter: it is cut, and written again once the commit is known", async () => {
    const { disk, frames } = await logOf(5, SMALL_SEGMENTS, 5);
    const sealed = Buffer.from(disk.readFile(`${FIRST}.log`));
    disk.cut(`${FIRST}.log`, 4 * FRAME + 100);
    const { found, notes } = await recover(disk);
    expect(holds(found, frames)).toBe(true);
    expect(notes).toBe(`cut 100 bytes (an unfinished footer) off ${FIRST}.log`);
    const { log, heard } = await openLog(disk.mount());
    log.committed(5 as LogIndex);
    await heard.until(() => heard.sealed.length === 1);
    expect(sealed.equals(disk.readFile(`${FIRST}.log`))).toBe(true);
  });

  it("seal_emptyNextSegment: is damage, for a footer waits for the next entry", async () => {
    const { disk } = await logOf(5, SMALL_SEGMENTS, 5);
    disk.cut(`${SECOND}.index`, HEADER);
    disk.cut(`${SECOND}.log`, 0);
    await expect(recover(disk)).rejects.toThrow(
      /4\.log: byte 0 \(entry 5\): the file ends before it, and the footer of the segment before/,
    );
  });

  it("truncateSuffix_rowsGoneFramesThere: the cut did not happen", async () => {
    const { disk, frames } = await logOf(6, LARGE_SEGMENTS);
    disk.cut(`${FIRST}.index`, HEADER + 2 * ROW_BYTES);
    const { found } = await recover(disk);
    expect(holds(found, frames)).toBe(true);
  });

  it("truncateSuffix_emptiedAndNoLongerNamed: the pair is removed", async () => {
    const { disk, frames } = await logOf(5);
    disk.cut(`${SECOND}.index`, HEADER);
    disk.cut(`${SECOND}.log`, 0);
    await nameActive(disk, THE_FIRST);
    const { found, files } = await recover(disk);
    expect(holds(found, frames.slice(0, 4))).toBe(true);
    expect(files).toEqual([`${FIRST}.index`, `${FIRST}.log`]);
  });

  it("truncateSuffix_onlyTheIndexIsLeft: it is removed", async () => {
    const { disk, frames } = await logOf(5);
    disk.cut(`${SECOND}.index`, HEADER);
    disk.remove(`${SECOND}.log`);
    await nameActive(disk, THE_FIRST);
    const { found, files } = await recover(disk);
    expect(holds(found, frames.slice(0, 4))).toBe(true);
    expect(files).toEqual([`${FIRST}.index`, `${FIRST}.log`]);
  });

  it("anything_anOldManifest: halts rather than deletes entries", async () => {
    const { disk } = await logOf(5);
    await nameActive(disk, THE_FIRST);
    await expect(recover(disk)).rejects.toThrow(
      /4\.log: byte 0: the segment holds entries, but the hard state names no such segment/,
    );
    expect(disk.readFile(`${SECOND}.log`).length).toBe(FRAME);
  });
});
