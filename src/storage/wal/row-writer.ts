import { assert } from "../../common/assert.ts";
import type { LogIndex } from "../../common/brand.ts";
import { type Group, isEmptyGroup, shrinkGroup } from "./group.ts";
import { rowPosition } from "./row.ts";

export interface RowWriterPorts {
  /** The commit index as far as this node knows. */
  readonly knownCommit: () => LogIndex;
  /** Frames and rows up to `last` are on disk. */
  readonly persisted: (last: LogIndex) => void;
  readonly failed: (thrown: unknown) => void;
}

/**
 * Second half of a group commit: rows of frames that are synced, written and synced while the
 * frames of the next group are on their way. Groups that arrive during a sync share the next one.
 */
export class RowWriter {
  readonly #ports: RowWriterPorts;
  #waiting: Group[] = [];
  #writing: Group[] = [];
  #run: Promise<void> | undefined;

  constructor(ports: RowWriterPorts) {
    this.#ports = ports;
  }

  /** The frames of `group` are synced. */
  add(group: Group): void {
    this.#waiting.push(group);
    this.#run ??= this.#drain();
  }

  truncate(from: LogIndex): void {
    for (const group of this.#waiting) shrinkGroup(group, from);
    for (const group of this.#writing) shrinkGroup(group, from);
  }

  /** Resolves when no row is waiting or being written. */
  async idle(): Promise<void> {
    while (this.#run !== undefined) await this.#run;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        this.#writing = this.#waiting;
        this.#waiting = [];
        await this.#write();
      }
      this.#run = undefined;
    } catch (thrown) {
      // The run stays: whoever waits for it must not go on.
      this.#ports.failed(thrown);
      await new Promise<never>(() => undefined);
    }
  }

  async #write(): Promise<void> {
    const extent = extentOf(this.#writing);
    if (extent === undefined) return;
    const { segment, first, last } = extent;
    const { files } = segment;
    assert(files !== undefined, "rows follow frames into a segment that exists");
    // What a row says to be committed was synced here: after a power loss it can vouch for nothing
    // that this node had never acknowledged.
    const knownCommit = Math.min(this.#ports.knownCommit(), last);
    const rows = segment.rows.encode(first, last, knownCommit);
    await files.index.write([rows], rowPosition(segment.start, first));
    await files.index.sync();
    const left = extentOf(this.#writing);
    if (left !== undefined) this.#ports.persisted(left.last);
  }
}

/** Groups that wait at the same time belong to one segment and follow each other. */
function extentOf(groups: readonly Group[]): Group | undefined {
  const first = groups[0];
  if (first === undefined || isEmptyGroup(first)) return undefined;
  let last = first.last;
  for (const group of groups) {
    assert(group.segment === first.segment, "a roll waits for the rows of the old segment");
    if (!isEmptyGroup(group)) last = group.last;
  }
  return { segment: first.segment, first: first.first, last };
}
