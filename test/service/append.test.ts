import { describe, expect, it } from "vitest";
import { LogError } from "../../src/common/errors.ts";
import { payloadOf } from "../../src/common/frame.ts";
import { MAX_RECORD_BYTES } from "../../src/common/limits.ts";
import { startFakeCluster } from "../support/fake-cluster.ts";
import {
  answerOf,
  appendRequest,
  batchOf,
  errorOf,
  RawLogClient,
} from "../support/raw-log-client.ts";

describe("Append", () => {
  it("answers with offset, term and index, and stores the batch byte for byte", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const batch = batchOf("a", "b", "c");
    expect(answerOf(await log.call("Append", appendRequest(batch, 3)))).toEqual({
      offset: 0,
      term: 1,
      index: 2,
      duplicate: false,
    });
    expect(answerOf(await log.call("Append", appendRequest(batchOf("d"), 1))).offset).toBe(3);
    const stored = cluster.node("n1").frames[1];
    expect(stored === undefined ? undefined : Buffer.from(payloadOf(stored))).toEqual(batch);
  });

  it("carries producer, epoch and sequence into the frame", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const producer = { producerId: 77, producerEpoch: 2, producerSequence: 9 };
    answerOf(await log.call("Append", appendRequest(batchOf("a"), 1, producer)));
    const header = cluster.node("n1").frames.at(-1)?.header;
    expect(header?.producer).toEqual({ id: 77, epoch: 2, sequence: 9 });
  });

  it("refuses an earlier epoch of the same producer", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const later = { producerId: 77, producerEpoch: 2 };
    const earlier = { producerId: 77, producerEpoch: 1 };
    answerOf(await log.call("Append", appendRequest(batchOf("a"), 1, later)));
    const error = errorOf(await log.call("Append", appendRequest(batchOf("b"), 1, earlier)));
    expect(error).toMatchObject({ code: "PRODUCER_FENCED", outcome: "failed" });
  });

  it("refuses a record count that does not match the batch, and appends nothing", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    for (const wrong of [0, 1, 3, 65_536]) {
      const request = appendRequest(batchOf("a", "b"), wrong);
      const error = errorOf(await log.call("Append", request));
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT", outcome: "failed" });
      expect(error.message).toContain(`holds 2 records and its record_count says ${wrong}`);
    }
    expect(cluster.node("n1").nextOffset).toBe(0);
  });

  it.each([
    ["an empty batch", Buffer.alloc(0), 0],
    ["bytes that are no batch", Buffer.from("not a batch"), 1],
    ["a batch that is cut", batchOf("a long enough value").subarray(0, 9), 1],
    ["a length that points past the end", Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x7f]), 1],
    ["a field that is no record", Buffer.from([0x12, 0x00]), 0],
  ])("refuses %s", async (_name, batch, count) => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const error = errorOf(await log.call("Append", appendRequest(batch, count)));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", outcome: "failed" });
    expect(cluster.node("n1").nextOffset).toBe(0);
  });

  it("refuses a record over the limit by name", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const batch = batchOf("small", "x".repeat(MAX_RECORD_BYTES));
    const error = errorOf(await log.call("Append", appendRequest(batch, 2)));
    expect(error).toMatchObject({ code: "RECORD_TOO_LARGE", outcome: "failed", retryable: false });
    expect(error.message).toContain("record 2");
  });

  it("refuses a message that is not one of its schema, and lives on", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const error = await log.garbage("Append", Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(answerOf(await log.call("Append", appendRequest(batchOf("a"), 1))).offset).toBe(0);
  });

  it("names the leader when it is another node", async () => {
    await using cluster = await startFakeCluster(2);
    using log = new RawLogClient(cluster.addressOf("n2"));
    const error = errorOf(await log.call("Append", appendRequest(batchOf("a"), 1)));
    expect(error).toMatchObject({ code: "NOT_LEADER", outcome: "failed", retryable: true });
    expect(error.leader).toBe(cluster.addressOf("n1"));
  });

  it("passes an unknown outcome on as unknown", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const node = cluster.node("n1");
    node.refuseAppends = new LogError("NOT_LEADER", "lost it", { outcome: "unknown" });
    const error = errorOf(await log.call("Append", appendRequest(batchOf("a"), 1)));
    expect(error).toMatchObject({ code: "NOT_LEADER", outcome: "unknown", retryable: false });
  });

  it("is over at the caller's deadline, as unknown, while the cluster is still at it", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    cluster.node("n1").autoCommit = false;
    const error = errorOf(await log.call("Append", appendRequest(batchOf("a"), 1), 50));
    expect(error).toMatchObject({ code: "TIMEOUT", outcome: "unknown" });
    cluster.node("n1").commitAll();
  });
});
