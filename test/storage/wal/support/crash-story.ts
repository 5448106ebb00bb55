import { expect } from "vitest";
import type { LogIndex } from "../../../../src/common/brand.ts";
import type { Frame } from "../../../../src/common/frame.ts";
import type { EntryId } from "../../../../src/raft/types.ts";
import { ALL_LOST, type SimDisk } from "../../../../src/sim/disk/index.ts";
import type { FileSystem, StampInput } from "../../../../src/storage/index.ts";
import {
  append,
  bytesOf,
  data,
  Heard,
  LOG,
  type OpenLog,
  openLog,
  readAll,
  SMALL_SEGMENTS,
} from "./log-bench.ts";

/**
 * A log and what it promised: whatever a crash leaves, recovery must give `required` and beyond it
 * nothing but the beginning of a history that was really appended.
 */
export class CrashStory extends Heard {
  /** Entries that were told to be durable and not cut since. */
  required: readonly Frame[] = [];
  committed = 0;
  #current: readonly Frame[];
  readonly #histories: (readonly Frame[])[] = [];
  #opened: OpenLog | undefined;

  constructor(before: readonly Frame[] = []) {
    super();
    this.#current = before;
    this.required = before;
  }

  override persisted(last: EntryId): void {
    this.required = this.#current.slice(0, last.index);
    super.persisted(last);
  }

  async open(fileSystem: FileSystem): Promise<void> {
    this.#opened = await openLog(fileSystem, this);
  }

  get log(): OpenLog["log"] {
    if (this.#opened === undefined) throw new Error("the story's log is not open yet");
    return this.#opened.log;
  }

  append(term: number, inputs: readonly StampInput[], settings = SMALL_SEGMENTS): void {
    this.#current = [...this.#current, ...append(this.log, term, inputs, settings)];
  }

  truncate(from: number): void {
    this.#histories.push(this.#current);
    this.#current = this.#current.slice(0, from - 1);
    this.required = this.required.slice(0, from - 1);
    this.log.truncateSuffix(from as LogIndex);
  }

  /** Entries that the cluster has settled: they are never cut. */
  commit(index: number): void {
    this.committed = Math.max(this.committed, index);
    this.log.committed(this.committed as LogIndex);
  }

  settle(): Promise<void> {
    return this.until(() => this.failures.length > 0 || this.log.durable === this.#current.length);
  }

  /** Closes it as a clean stop does: everything queued is on disk. */
  async close(): Promise<readonly Frame[]> {
    await this.#opened?.data.close();
    expect(this.failures).toEqual([]);
    return this.#current;
  }

  get histories(): readonly (readonly Frame[])[] {
    return [...this.#histories, this.#current];
  }
}

/** Recovers the disk and judges what is there; then that it works, and that it stays. */
export async function expectRecovery(disk: SimDisk, story: CrashStory): Promise<void> {
  const first = await openLog(disk.mount());
  const found = await readAll(first.log);
  const required = bytesOf(story.required);
  expect(found.subarray(0, required.length).equals(required)).toBe(true);
  const isPrefix = (history: Buffer) => history.subarray(0, found.length).equals(found);
  expect(story.histories.map(bytesOf).some(isPrefix)).toBe(true);
  expect(first.heard.failures).toEqual([]);

  // All that was found is durable: neither a kill nor a power loss takes any of it back.
  const lost = disk.fork();
  lost.crash(ALL_LOST);
  const second = await openLog(lost.mount());
  expect((await readAll(second.log)).equals(found)).toBe(true);
  expect(second.notes).toEqual([]);
  expect(second.log.tail).toEqual(first.log.tail);

  const frames = append(first.log, first.log.tail.last.term + 1, [data(1), data(2)]);
  await first.heard.until(() => first.heard.durable === first.log.tail.last.index);
  expect((await readAll(first.log)).equals(Buffer.concat([found, bytesOf(frames)]))).toBe(true);
  expectNoStrangers(disk);
}

function expectNoStrangers(disk: SimDisk): void {
  const names = disk.files().filter((path) => path.startsWith(`${LOG}/`));
  const stems = names.map((path) => path.replace(/\.(log|index)$/, ""));
  for (const stem of stems) expect(names).toContain(`${stem}.log`);
  for (const stem of stems) expect(names).toContain(`${stem}.index`);
}
