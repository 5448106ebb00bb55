import { LogIndex, Offset, Term } from "../../../src/common/brand.ts";
import { encodeFrame, type Frame } from "../../../src/common/frame.ts";
import { encodeStateImage } from "../../../src/statemachine/checkpoint-state.ts";
import { encodeControl } from "../../../src/statemachine/control.ts";
import { LogState } from "../../../src/statemachine/log-state.ts";
import type { Checkpoint, CheckpointStore } from "../../../src/storage/snapshots/types.ts";
import type { LogStore } from "../../../src/storage/types.ts";

/** The log start offset is 100 times the entry that moved it. */
export function trimBy(index: number): number {
  return 100 * index;
}

function trimFrame(index: number): Frame {
  const stamp = {
    ...{ type: "control" as const, index: LogIndex(index), term: Term(1) },
    ...{ baseOffset: Offset(100_000), timestamp: index, recordCount: 0, producer: undefined },
    segmentFirstIndex: LogIndex(index - ((index - 1) % 3)),
  };
  const control = { control: "trim" as const, logStartOffset: Offset(trimBy(index)) };
  return encodeFrame(stamp, encodeControl(control), 0);
}

/** Every entry is a trim; sealed segments of three, and nobody has read their bytes before. */
export class ControlLog {
  faulty: readonly { readonly index: LogIndex }[] = [];
  readonly start = { last: { index: LogIndex(0), term: Term(0) } };
  readonly tail: { readonly last: { readonly index: LogIndex; readonly term: Term } };
  /** Damage that is met when it is read. */
  readonly rotten: number | undefined;
  /** What was met is repaired before the next frame is read. */
  readonly repairedAtOnce: boolean;

  constructor(lastIndex: number, rotten?: number, repairedAtOnce = false) {
    this.tail = { last: { index: LogIndex(lastIndex), term: Term(1) } };
    this.rotten = rotten;
    this.repairedAtOnce = repairedAtOnce;
  }

  get store(): LogStore {
    return this as unknown as LogStore;
  }

  chainAt(): number {
    return 7;
  }

  segments() {
    const found: { lastIndex: LogIndex; state: string }[] = [];
    for (let last = 3; last < this.tail.last.index; last += 3)
      found.push({ lastIndex: LogIndex(last), state: "sealed" });
    return found;
  }

  async *nonDataFrames(from: LogIndex, leftOut?: (index: LogIndex) => void) {
    for (let at: number = from; at <= this.tail.last.index; at++) {
      await Promise.resolve();
      if (at !== this.rotten) yield trimFrame(at);
      else {
        if (!this.repairedAtOnce) this.faulty = [{ index: LogIndex(at) }];
        leftOut?.(LogIndex(at));
      }
    }
  }
}

/** Checkpoints at these entries, of a log of trims; those in `damaged` cannot be read. */
export function checkpointsAt(
  indexes: readonly number[],
  damaged: readonly number[] = [],
): CheckpointStore {
  const all = [...indexes, ...damaged].sort((a, b) => a - b);
  const newest = (atMost: LogIndex) => {
    const at = indexes.findLast((index) => index <= atMost);
    return Promise.resolve(at === undefined ? undefined : checkpointOf(at));
  };
  const list = () =>
    all.map((index) => ({
      ...{ file: `${index}`, index: LogIndex(index), bytes: 1 },
      damage: damaged.includes(index) ? "byte 3: rotten" : undefined,
    }));
  return { list, newest } as unknown as CheckpointStore;
}

function checkpointOf(index: number): Checkpoint {
  const image = { ...new LogState().image(), logStartOffset: Offset(trimBy(index)) };
  return {
    start: {
      last: { index: LogIndex(index), term: Term(1) },
      ...{ nextOffset: Offset(100_000), chain: 7, timestamp: index },
    },
    state: encodeStateImage(image),
  };
}
