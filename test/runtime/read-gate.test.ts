import { describe, expect, it } from "vitest";
import { LogIndex } from "../../src/common/brand.ts";
import { LogError } from "../../src/common/errors.ts";
import { ReadGate } from "../../src/runtime/read-gate.ts";

function gate() {
  const requests: number[] = [];
  const deferred: (() => void)[] = [];
  const reads = new ReadGate(
    (id) => requests.push(id),
    (run) => deferred.push(run),
  );
  return { reads, requests, runDeferred: () => deferred.splice(0).forEach((run) => run()) };
}

describe("the read gate", () => {
  it("asks once for all readers that come together", async () => {
    const { reads, requests, runDeferred } = gate();
    const both = Promise.all([reads.pass(), reads.pass()]);
    runDeferred();
    expect(requests).toEqual([1]);
    reads.ready(1, LogIndex(0));
    await both;
  });

  it("never lets a later reader share a read index that was asked for before it came", () => {
    const { reads, requests, runDeferred } = gate();
    void reads.pass();
    runDeferred();
    void reads.pass();
    runDeferred();
    expect(requests).toEqual([1, 2]);
  });

  it("holds a reader until the read index is applied here", async () => {
    const { reads, runDeferred } = gate();
    let passed = false;
    const reader = reads.pass().then(() => (passed = true));
    runDeferred();
    reads.ready(1, LogIndex(5));
    reads.applied(LogIndex(4));
    await Promise.resolve();
    expect(passed).toBe(false);
    reads.applied(LogIndex(5));
    await reader;
  });

  it("tells every reader when the answer is no, and when the node closes", async () => {
    const { reads, runDeferred } = gate();
    const refused = reads.pass();
    runDeferred();
    reads.rejected(1, new LogError("NOT_LEADER", "elsewhere"));
    await expect(refused).rejects.toMatchObject({ code: "NOT_LEADER" });
    const waiting = reads.pass();
    reads.close();
    await expect(waiting).rejects.toMatchObject({ code: "CLOSED" });
  });
});
