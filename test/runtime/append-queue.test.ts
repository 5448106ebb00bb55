import { describe, expect, it } from "vitest";
import { LogIndex, Offset, Term } from "../../src/common/brand.ts";
import { LogError } from "../../src/common/errors.ts";
import { AppendQueue, QueuedAppend } from "../../src/runtime/append-queue.ts";

const TERM = Term(3);

function batch(bytes: number, results: unknown[]) {
  const payload = new Uint8Array(bytes);
  const input = { payload, recordCount: 1, producer: undefined };
  return new QueuedAppend("data", input, (result) => results.push(result));
}

function stamp(queue: AppendQueue, append: QueuedAppend, index: number): void {
  queue.stamped(append, LogIndex(index), Offset(index * 10));
}

describe("the append queue", () => {
  it("acknowledges what is committed, in order, and nothing above", () => {
    const results: unknown[] = [];
    const queue = new AppendQueue(1000);
    for (const index of [1, 2, 3]) stamp(queue, batch(1, results), index);
    queue.acknowledge(LogIndex(2), TERM);
    expect(results).toEqual([
      { offset: 10, term: TERM, index: 1 },
      { offset: 20, term: TERM, index: 2 },
    ]);
    expect(queue.waiting).toBe(1);
  });

  it("tells stamped appends `unknown` and gathered ones `failed` when leadership is lost", () => {
    const results: unknown[] = [];
    const queue = new AppendQueue(1000);
    stamp(queue, batch(1, results), 1);
    queue.gather(batch(1, results));
    const unknown = new LogError("NOT_LEADER", "lost", { outcome: "unknown" });
    const failed = new LogError("NOT_LEADER", "elsewhere");
    queue.abandon(unknown, failed);
    expect(results).toEqual([unknown, failed]);
    queue.acknowledge(LogIndex(9), TERM);
    expect(results).toHaveLength(2);
  });

  it("is bounded in bytes, but takes one append however large", () => {
    const queue = new AppendQueue(100);
    expect(queue.gather(batch(5000, []))).toBe(true);
    expect(queue.gather(batch(1, []))).toBe(false);
    expect(queue.takeGathered()).toHaveLength(1);
    expect(queue.gather(batch(1, []))).toBe(true);
  });

  it("settles a hundred thousand appends exactly once each", () => {
    const queue = new AppendQueue(1);
    const counts = new Uint8Array(100_001);
    for (let index = 1; index <= 100_000; index++) {
      const settle = () => counts.fill((counts[index] ?? 0) + 1, index, index + 1);
      const input = { payload: new Uint8Array(1), recordCount: 1, producer: undefined };
      stamp(queue, new QueuedAppend("data", input, settle), index);
      if (index % 700 === 0) queue.acknowledge(LogIndex(index - 3), TERM);
    }
    queue.acknowledge(LogIndex(100_000), TERM);
    expect(counts.subarray(1).every((count) => count === 1)).toBe(true);
  });
});
