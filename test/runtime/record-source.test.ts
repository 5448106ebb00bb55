import { describe, expect, it } from "vitest";
import { LogIndex, Offset, Term } from "../../src/common/brand.ts";
import { LogError } from "../../src/common/errors.ts";
import { RecordSource } from "../../src/runtime/record-source.ts";
import type { CompactedPrefix } from "../../src/storage/compaction/types.ts";
import type { FrameRun, LogStore } from "../../src/storage/types.ts";

/** Entry i holds record 10 * i and the nine after it; the prefix may go at any moment. */
class ShrinkingLog {
  start = { last: { index: LogIndex(0), term: Term(1) } };
  logStartOffset = Offset(0);
  readonly tail = { last: { index: LogIndex(20), term: Term(1) } };
  /** Happens while a read is under way. */
  meanwhile = (): void => undefined;

  beginAfter(index: number, nextOffset: number): void {
    this.start = { last: { index: LogIndex(index), term: Term(1) } };
    this.logStartOffset = Offset(nextOffset);
  }

  locate(offset: Offset) {
    const index = LogIndex(Math.max(Math.floor(offset / 10), this.start.last.index + 1));
    return Promise.resolve({ index, baseOffset: Offset(10 * index) });
  }

  locateTime(timestamp: number) {
    const baseOffset = Offset(Math.max(timestamp, this.logStartOffset));
    return Promise.resolve({ baseOffset });
  }

  async read(first: LogIndex): Promise<FrameRun> {
    if (first <= this.start.last.index)
      throw new LogError("OFFSET_TRIMMED", "gone", { logStartOffset: this.logStartOffset });
    await Promise.resolve();
    this.meanwhile();
    return runOf(first);
  }

  offsetAfter(index: LogIndex) {
    return index <= this.start.last.index ? this.logStartOffset : Offset(10 * index + 10);
  }
}

function runOf(index: LogIndex): FrameRun {
  return { first: index, last: { index, term: Term(1) }, prevChain: 0, chunks: [], byteLength: 0 };
}

class Prefix {
  upTo = { index: LogIndex(0), nextOffset: Offset(0) };
  read = (from: Offset) =>
    Promise.resolve({ run: runOf(LogIndex(from / 10)), nextOffset: Offset(from + 10) });
  locateTime = (timestamp: number): Promise<Offset | undefined> => {
    const { nextOffset } = this.upTo;
    return Promise.resolve(timestamp < nextOffset ? Offset(timestamp) : undefined);
  };
}

function sourceOf(): { log: ShrinkingLog; prefix: Prefix; source: RecordSource } {
  const log = new ShrinkingLog();
  const prefix = new Prefix();
  const source = new RecordSource(log as unknown as LogStore, prefix as unknown as CompactedPrefix);
  return { log, prefix, source };
}

const UP_TO = LogIndex(20);

describe("the source of records", () => {
  // The end of what was read was looked up in a log that had let go of it, which answered with its
  // own start: records that compaction had kept were passed over, without a word.
  it("skips nothing when what it reads is compacted and dropped meanwhile", async () => {
    const { log, prefix, source } = sourceOf();
    log.meanwhile = () => {
      prefix.upTo = { index: LogIndex(8), nextOffset: Offset(90) };
      log.beginAfter(8, 90);
    };
    expect((await source.read(Offset(30), 1, UP_TO)).nextOffset).toBe(40);
  });

  // A tail that had everything waited behind a record; noops and controls followed it, and all of
  // it was trimmed. The place to go on at lay before the log: it was told that its offset, the
  // log's very first one, was gone, at every try.
  it("goes on at the log's first offset although the entry to go on with is gone", async () => {
    const { log, source } = sourceOf();
    expect((await source.read(Offset(90), 1, UP_TO)).nextOffset).toBe(100);
    log.beginAfter(12, 100);
    expect((await source.read(Offset(100), 1, UP_TO)).run.first).toBe(13);
  });

  it("finds a time in what is compacted and dropped while it looks", async () => {
    const { log, prefix, source } = sourceOf();
    prefix.upTo = { index: LogIndex(2), nextOffset: Offset(30) };
    log.beginAfter(2, 30);
    const { locateTime } = prefix;
    prefix.locateTime = async (timestamp) => {
      const found = await locateTime(timestamp);
      prefix.upTo = { index: LogIndex(8), nextOffset: Offset(90) };
      log.beginAfter(8, 90);
      return found;
    };
    expect(await source.offsetAtTime(40)).toBe(40);
  });
});
