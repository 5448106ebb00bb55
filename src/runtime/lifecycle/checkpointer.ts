import type { LogIndex } from "../../common/brand.ts";
import type { Clock } from "../../common/clock.ts";
import { LogError } from "../../common/errors.ts";
import { encodeStateImage, type StateImage } from "../../statemachine/checkpoint-state.ts";
import type { CheckpointStore, LogStart } from "../../storage/snapshots/types.ts";
import type { LogStore, SegmentStatus } from "../../storage/types.ts";
import { termAt } from "./term-at.ts";

export interface CheckpointerParts {
  readonly log: LogStore;
  readonly store: CheckpointStore;
  readonly clock: Clock;
  /** One was saved, after so long: what waited for it may go on. */
  readonly saved: (durationMs: number) => void;
  readonly fail: (thrown: unknown) => void;
}

/**
 * Saves a checkpoint at the end of every segment that is sealed *and* applied: only then is all of
 * it durable and meant for ever. What is applied first waits for the seal, and the other way round.
 */
export class Checkpointer {
  readonly #parts: CheckpointerParts;
  /** States at the ends of segments that are not sealed yet. */
  readonly #waiting = new Map<LogIndex, StateImage>();
  #saving: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(parts: CheckpointerParts) {
    this.#parts = parts;
  }

  /** All up to `index`, the end of a segment, is applied. */
  captured(index: LogIndex, image: StateImage): void {
    if (isIntact(this.#parts.store, index)) return;
    this.#waiting.set(index, image);
    const sealed = sealedAt(this.#parts.log, index);
    if (sealed !== undefined) this.sealed(sealed);
  }

  sealed(segment: SegmentStatus): void {
    const { lastIndex } = segment;
    const image = this.#waiting.get(lastIndex);
    if (image === undefined) return;
    this.#waiting.delete(lastIndex);
    this.save(segment, image).catch(this.#parts.fail);
  }

  /** The log was made anew: its old ends mean nothing. */
  reset(): void {
    this.#waiting.clear();
  }

  /** The log begins after `index` now: segments that ended before are never sealed. */
  prefixReplaced(index: LogIndex): void {
    for (const at of [...this.#waiting.keys()]) if (at <= index) this.#waiting.delete(at);
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
  }

  /** Resolves when the state at the end of `segment` is durable; one after the other. */
  save(segment: SegmentStatus, image: StateImage): Promise<void> {
    const { store, log, clock, saved } = this.#parts;
    const done = this.#saving.then(async () => {
      const start = startAfter(log, segment);
      // The log may have been made anew since.
      if (this.#stopped || start === undefined) return;
      const sinceMs = clock.nowMs();
      await store.save({ start, state: encodeStateImage(image) });
      saved(clock.nowMs() - sinceMs);
    });
    this.#saving = done.catch(() => undefined);
    return done;
  }
}

export function isIntact(store: CheckpointStore, index: LogIndex): boolean {
  return store.list().some((known) => known.index === index && known.damage === undefined);
}

/** The sealed segment that ends with the entry at `index`. */
export function sealedAt(log: LogStore, index: LogIndex): SegmentStatus | undefined {
  return log.segments().find(({ lastIndex, state }) => lastIndex === index && state === "sealed");
}

/** What the log behind `segment` builds on; absent when the log does not hold its end any more. */
function startAfter(log: LogStore, segment: SegmentStatus): LogStart | undefined {
  const { lastIndex: index, nextOffset, lastTimestamp } = segment;
  const term = termAt(log.terms(), index);
  const chain = log.chainAt(index);
  if (term === undefined || index <= log.start.last.index) return undefined;
  if (chain === undefined)
    throw new LogError("UNAVAILABLE", `the chain of entry ${index} is not at hand`);
  return { last: { index, term }, nextOffset, chain, timestamp: lastTimestamp };
}
