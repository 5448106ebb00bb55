import { expect } from "vitest";
import type { LogIndex } from "../../../../src/common/brand.ts";
import { LogError } from "../../../../src/common/errors.ts";
import { FatalError } from "../../../../src/common/fatal-error.ts";
import type { Frame } from "../../../../src/common/frame.ts";
import type { SimDisk } from "../../../../src/sim/disk/index.ts";
import type { FaultyEntry, LogStore, SegmentStatus } from "../../../../src/storage/index.ts";
import type { FileSystem } from "../../../../src/storage/file-system.ts";
import {
  append,
  bytesOf,
  data,
  Heard,
  LOG,
  newDisk,
  openLog,
  other,
  readAll,
} from "./log-bench.ts";

export const FIRST = `${LOG}/00000000000000000000`;
export const FRAME_BYTES = 148;
export const entries = (count: number) => Array.from({ length: count }, (_, at) => data(at, 2, 60));

/** A disk, and the frames that its log was given. */
export interface Made {
  readonly disk: SimDisk;
  readonly frames: readonly Frame[];
  /** The commit index, as the node hears it again after each start. */
  readonly committed?: number;
  /** How a process sees the disk; absent: as it is. */
  readonly mount?: (disk: SimDisk) => FileSystem;
}

/** Entries 1 to 10 in three segments of four, four and two; `sealed` of them have footers. */
export async function threeSegments(sealed: 0 | 1 | 2): Promise<Made> {
  const disk = await newDisk();
  const { log, heard, data: directory } = await openLog(disk.mount());
  const frames = append(log, 1, [...entries(9), other("noop", "x".repeat(60))]);
  await heard.until(() => heard.durable === 10);
  log.committed((sealed * 4 + 1) as LogIndex);
  await heard.until(() => heard.sealed.length === sealed);
  await directory.close();
  disk.kill();
  return { disk, frames, committed: sealed * 4 + 1 };
}

/** One segment, which is active. */
export async function oneSegment(count = 4): Promise<Made> {
  const disk = await newDisk();
  const { log, data: directory } = await openLog(disk.mount());
  const frames = append(log, 3, entries(count));
  await directory.close();
  disk.kill();
  return { disk, frames };
}

/** The three outcomes that damage may have. */
export type Verdict =
  | { readonly kind: "halt"; readonly message: string }
  | {
      readonly kind: "clean" | "faulty";
      /** By what the first round of reading and scrubbing found. */
      readonly faulty: readonly FaultyEntry[];
      readonly bytes: Buffer;
      readonly notes: readonly string[];
      readonly rebuilt: readonly string[];
    };

/**
 * Opens the log and reads all of it: every entry is the one that was appended, or is faulty and
 * keeps its identity. Then the faulty ones are given back, and all must be as it was: in memory,
 * on the disk, after a restart, and to the scrubber.
 */
export async function look(
  disk: SimDisk,
  { frames, committed = 0, mount = (seen) => seen.mount() }: Omit<Made, "disk">,
): Promise<Verdict> {
  try {
    const { log, notes, heard, data: directory } = await openLog(mount(disk));
    await readEach(log, frames);
    await scrubRound(log);
    const { faulty } = log;
    for (const { index, term, chain, position } of faulty) {
      const header = frames[index - 1]?.header;
      expect({ index, term, chain }).toMatchObject({ term: header?.term, chain: header?.chain });
      expect(position).toBe(positionOf(frames, index));
      expect((await log.possession({ index, term, chain })).kind).toBe("haveFaulty");
    }
    for await (const { header } of log.nonDataFrames()) expect(header.type).not.toBe("data");
    await Promise.all(faulty.map(({ index }) => log.repair(frameAt(frames, index))));
    expect(log.faulty).toEqual([]);
    const bytes = await readAll(log, 200);
    await scrubRound(log);
    expect(log.faulty).toEqual([]);
    log.committed(committed as LogIndex);
    const waits = ({ state, lastIndex }: SegmentStatus) =>
      state === "closed" && lastIndex < committed;
    await heard.until(() => !log.segments().some(waits));
    expect(heard.failures).toEqual([]);
    await directory.close();
    disk.kill();
    await expectMended(disk, mount(disk), bytes);
    const kind = faulty.length === 0 ? "clean" : "faulty";
    return { kind, faulty, bytes, notes, rebuilt: heard.rebuilt };
  } catch (thrown) {
    if (!(thrown instanceof FatalError)) throw thrown;
    expect(["corruption", "config"]).toContain(thrown.kind);
    expect(thrown.message).toMatch(/byte \d+|absent|not Balsa's|file of this log/);
    return { kind: "halt", message: thrown.message };
  }
}

async function readEach(log: LogStore, frames: readonly Frame[]): Promise<void> {
  for (let index = 1; index <= log.tail.last.index; index++)
    try {
      const { chunks } = await log.read(index as LogIndex, 1, index as LogIndex);
      expect(Buffer.concat(chunks).equals(frameAt(frames, index))).toBe(true);
    } catch (thrown) {
      if (!(thrown instanceof LogError)) throw thrown;
      expect(thrown.code).toBe("CORRUPT");
      expect(log.faulty.map((entry) => entry.index)).toContain(index);
    }
}

async function expectMended(disk: SimDisk, mount: FileSystem, bytes: Buffer): Promise<void> {
  const again = await openLog(mount, new Heard());
  expect(again.notes).toEqual([]);
  expect(again.log.faulty).toEqual([]);
  expect((await readAll(again.log, 200)).equals(bytes)).toBe(true);
  await scrubRound(again.log);
  expect(again.heard.damage).toEqual([]);
  expect(again.heard.rebuilt).toEqual([]);
  await again.data.close();
  disk.kill();
}

/** Looks at every sealed byte once. */
export async function scrubRound(log: LogStore, maxBytes = 1 << 20): Promise<number> {
  for (let bytes = 0; ; ) {
    const looked = await log.scrub(maxBytes);
    bytes += looked.bytes;
    if (looked.roundEnded) return bytes;
  }
}

export function frameAt(frames: readonly Frame[], index: number): Uint8Array {
  const frame = frames[index - 1];
  if (frame === undefined) throw new Error(`no entry ${index} was appended`);
  return frame.bytes;
}

/** In its segment's file. */
function positionOf(frames: readonly Frame[], index: number): number {
  const first = frames[index - 1]?.header.segmentFirstIndex ?? 1;
  return bytesOf(frames.slice(first - 1, index - 1)).length;
}

/** Judges the log once for each byte of a file, with a bit of that byte flipped. */
export async function eachByte(
  made: Made,
  path: string,
  judge: (verdict: Verdict, byte: number, harmed: SimDisk) => void,
): Promise<void> {
  const { length } = made.disk.readFile(path);
  for (let byte = 0; byte < length; byte++) {
    const harmed = made.disk.fork();
    harmed.flip(path, byte, 1 << (byte % 8));
    judge(await look(harmed, made), byte, harmed);
  }
}

/** Judges the log once for each length that a file may be cut to. */
export async function eachLength(
  made: Made,
  path: string,
  judge: (verdict: Verdict, length: number, harmed: SimDisk) => void,
): Promise<void> {
  for (let length = made.disk.readFile(path).length - 1; length >= 0; length--) {
    const harmed = made.disk.fork();
    harmed.cut(path, length);
    judge(await look(harmed, made), length, harmed);
  }
}

export function placeOf(verdict: Verdict): string {
  return verdict.kind === "halt" ? verdict.message : `${verdict.kind}, no halt`;
}

/** Which entries were found faulty; a halt is none of them. */
export function faultyOf(verdict: Verdict): readonly number[] | string {
  return verdict.kind === "halt" ? verdict.message : verdict.faulty.map(({ index }) => index);
}

/** Whether all is as if nothing had happened. */
export function expectWhole(verdict: Verdict, { frames }: Pick<Made, "frames">): void {
  expect(placeOf(verdict)).toMatch(/no halt/);
  if (verdict.kind !== "halt") expect(verdict.bytes.equals(bytesOf(frames))).toBe(true);
}

/** Every file of the log, to be compared. */
export function logFiles(disk: SimDisk, kind: "log" | "index" = "log"): readonly string[] {
  const paths = disk.files().filter((path) => path.startsWith(LOG) && path.endsWith(`.${kind}`));
  return paths.map((path) => `${path} ${Buffer.from(disk.readFile(path)).toString("hex")}`);
}
