import { describe, expect, it } from "vitest";
import { assert } from "../../../src/common/assert.ts";
import { LogIndex, Offset, Term } from "../../../src/common/brand.ts";
import { type Random, randomInteger, seededRandom } from "../../../src/common/random.ts";
import type { File, FileSystem } from "../../../src/storage/index.ts";
import { FilePool } from "../../../src/storage/wal/file-pool.ts";
import { encodeIndexHeader, type SegmentStart } from "../../../src/storage/wal/index-header.ts";
import { RowDamage } from "../../../src/storage/wal/met-damage.ts";
import type { RowKey } from "../../../src/storage/wal/page-bounds.ts";
import { RowPages } from "../../../src/storage/wal/row-pages.ts";
import { RowTable } from "../../../src/storage/wal/row-table.ts";
import { SealedSegment } from "../../../src/storage/wal/sealed-segment.ts";

const START: SegmentStart = {
  baseOffset: Offset(5_000),
  firstIndex: LogIndex(70),
  prevTerm: Term(1),
  prevChain: 7,
};
const ROWS_A_PAGE = 680;
const HEADER_AND_ROW = 48;

/** Records of an entry, and the milliseconds since the one before it. */
type Growth = (at: number, random: Random) => readonly [records: number, ms: number];

/** Rows of a sealed segment as its `.index` file holds them. */
function sealed(entries: number, growth: Growth) {
  const random = seededRandom(entries);
  const table = new RowTable(START);
  let timestamp = 1_000;
  for (let at = 0; at < entries; at++) {
    const [recordCount, ms] = growth(at, random);
    timestamp += ms;
    const place = { index: LogIndex(START.firstIndex + at), offset: table.nextOffset };
    const frame = { position: table.frameBytes, length: 100, term: Term(1), chain: at };
    table.appendRow({ ...place, ...frame, recordCount, timestamp });
  }
  const { baseOffset, firstIndex, prevTerm, prevChain } = START;
  const segment = new SealedSegment(
    "s",
    {
      ...{ baseOffset, firstIndex, prevTerm, prevChain, nextOffset: table.nextOffset },
      ...{ lastIndex: table.lastIndex, firstTerm: Term(1), lastTerm: Term(1), lastChain: 0 },
      ...{ firstTimestamp: table.timestamp(firstIndex), lastTimestamp: timestamp },
      ...{ frameBytes: table.frameBytes, runs: [], nonData: [], blockCrcs: [] },
      sha256: new Uint8Array(32),
    },
    table.frameBytes,
  );
  const rows = table.encode(firstIndex, table.lastIndex, 0);
  return { table, segment, bytes: Buffer.concat([encodeIndexHeader(START), rows]) };
}

type Sealed = ReturnType<typeof sealed>;

const notAsked = (): Promise<never> => Promise.reject(new Error("only reads are asked for"));

/** Row pages with nothing cached, of a disk that counts its reads. */
function cold(bytes: Buffer) {
  const count = { reads: 0, largest: 0 };
  const file: File = {
    path: "s",
    read: (into, position) => {
      count.reads++;
      count.largest = Math.max(count.largest, into.length);
      return Promise.resolve(bytes.copy(into, 0, position, position + into.length));
    },
    size: () => Promise.resolve(bytes.length),
    close: () => Promise.resolve(),
    ...{ write: notAsked, sync: notAsked, truncate: notAsked },
  };
  const fileSystem: FileSystem = {
    open: () => Promise.resolve(file),
    ...{ list: notAsked, makeDirectory: notAsked, rename: notAsked, unlink: notAsked },
    ...{ syncDirectory: notAsked, freeBytes: notAsked, lock: notAsked },
  };
  const pool = new FilePool(fileSystem);
  const exists = () => Promise.resolve(true);
  return { pages: new RowPages({ pool, pathOf: (stem) => stem, exists }), count };
}

/** The last entry at or before `target`, by looking at all of them. */
function expected({ table, segment }: Sealed, key: RowKey, target: number): number | undefined {
  let found: number | undefined;
  for (let index = segment.firstIndex; index <= segment.lastIndex; index++) {
    if (table[key](index) > target) break;
    found = index;
  }
  return found;
}

/** A lookup as the log does it: the entry, or with times the one that follows, and its row. */
async function lookUp({ segment }: Sealed, pages: RowPages, key: RowKey, target: number) {
  const found = await pages.floor(segment, key, target);
  const next = found === undefined ? segment.firstIndex : LogIndex(found + 1);
  const wanted = key === "offset" ? found : next;
  assert(wanted !== undefined, "a segment holds its base offset");
  if (wanted <= segment.lastIndex) await pages.row(segment, wanted);
  return found;
}

function targetsOf({ table, segment }: Sealed, key: RowKey, random: Random): readonly number[] {
  const { firstIndex, lastIndex } = segment;
  const [first, last] = [table[key](firstIndex), table[key](lastIndex)];
  const at = (entry: number) => table[key](LogIndex(Math.min(lastIndex, firstIndex + entry)));
  const page = ROWS_A_PAGE * randomInteger(random, 1, 40);
  const edges = [at(page - 1), at(page) - 1, at(page), at(page + 1)];
  const found = [first, last, ...edges];
  for (let i = 0; i < 12; i++) {
    found.push(randomInteger(random, first, last));
    found.push(at(randomInteger(random, 0, lastIndex - firstIndex)));
  }
  return found.filter((target) => target >= first);
}

const GROWTHS: ReadonlyMap<string, Growth> = new Map<string, Growth>([
  ["evenly", () => [3, 2] as const],
  [
    "in one leap at the end",
    (at) => (at < 89_000 ? ([1, 0] as const) : ([4_000, 3_600_000] as const)),
  ],
  [
    "in one leap at the start",
    (at) => (at > 900 ? ([1, 0] as const) : ([4_000, 3_600_000] as const)),
  ],
  ["ever faster", (at) => [1 + (at >> 6), at >> 4] as const],
  ["while time stands still", (_, random) => [randomInteger(random, 0, 2), 0] as const],
  [
    "in runs of single records, of large batches, of hours of silence",
    (at) => [at % 9_000 < 700 ? 1_000 : 1, at % 7_001 === 0 ? 3_600_000 : 0] as const,
  ],
]);

describe("a lookup in the rows of a sealed segment, nothing cached", () => {
  for (const [name, growth] of GROWTHS)
    it(`takes two reads at most where keys grow ${name}`, async () => {
      const rows = sealed(90_000, growth);
      const random = seededRandom(1);
      for (const key of ["offset", "timestamp"] as const)
        for (const target of targetsOf(rows, key, random)) {
          const { pages, count } = cold(rows.bytes);
          expect(await lookUp(rows, pages, key, target)).toBe(expected(rows, key, target));
          expect(count.reads, `${key} ${target}`).toBeLessThanOrEqual(2);
        }
    });

  it("reads a page only, where keys grow evenly", async () => {
    const rows = sealed(90_000, () => [3, 2]);
    const { pages, count } = cold(rows.bytes);
    for (const share of [0.1, 0.35, 0.5, 0.77]) {
      const target = START.baseOffset + Math.floor(share * 270_000);
      await lookUp(rows, pages, "offset", target);
    }
    expect(count).toEqual({ reads: 4, largest: ROWS_A_PAGE * HEADER_AND_ROW });
  });

  // The smallest entry is a header of 88 bytes: 64 MiB hold 762 600.
  it("takes two reads in a segment of 64 MiB of the smallest entries", async () => {
    const rows = sealed(762_600, (at) => [at % 200_000 === 0 ? 100_000 : 1, 0]);
    const { pages, count } = cold(rows.bytes);
    await lookUp(rows, pages, "offset", rows.segment.nextOffset - 300_000);
    expect(count.reads).toBe(2);
  }, 30_000);
});

describe("a segment whose pages were surveyed", () => {
  const rows = sealed(90_000, (at) => [1 + (at >> 6), at >> 4]);

  it("is searched with one read, and one more where the next page begins", async () => {
    const random = seededRandom(2);
    const { pages, count } = cold(rows.bytes);
    await lookUp(rows, pages, "offset", rows.segment.nextOffset >> 1);
    expect(count.reads).toBe(2);
    for (const key of ["offset", "timestamp"] as const)
      for (const target of targetsOf(rows, key, random)) {
        count.reads = 0;
        expect(await lookUp(rows, pages, key, target)).toBe(expected(rows, key, target));
        expect(count.reads).toBeLessThanOrEqual(key === "offset" ? 1 : 2);
        expect(count.largest).toBeLessThan(5 << 20);
      }
  });

  it("is surveyed once for all that ask at the same time", async () => {
    const { pages, count } = cold(rows.bytes);
    const target = rows.segment.nextOffset >> 1;
    await Promise.all([0, 1, 2, 3].map((more) => lookUp(rows, pages, "offset", target + more)));
    expect(count.reads).toBe(2);
  });

  it("is surveyed anew when its file was replaced", async () => {
    const { pages, count } = cold(rows.bytes);
    const target = rows.segment.nextOffset >> 1;
    await lookUp(rows, pages, "offset", target);
    pages.forget(rows.segment);
    count.reads = 0;
    await lookUp(rows, pages, "offset", target);
    expect(count.reads).toBe(2);
  });

  it("tells of a page whose first row is damaged, and is surveyed when it is whole", async () => {
    const bytes = Buffer.from(rows.bytes);
    const at = HEADER_AND_ROW * (1 + 3 * ROWS_A_PAGE);
    bytes.writeUInt8(bytes.readUInt8(at + 5) ^ 1, at + 5);
    const { pages } = cold(bytes);
    const target = rows.segment.nextOffset >> 1;
    await expect(lookUp(rows, pages, "offset", target)).rejects.toThrow(RowDamage);
    rows.bytes.copy(bytes);
    expect(await lookUp(rows, pages, "offset", target)).toBe(expected(rows, "offset", target));
  });
});
