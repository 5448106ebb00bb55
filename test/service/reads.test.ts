import { describe, expect, it } from "vitest";
import { type FakeCluster, startFakeCluster } from "../support/fake-cluster.ts";
import { answerOf, batchOf, errorOf, RawLogClient } from "../support/raw-log-client.ts";

const READ = {
  fromOffset: 0,
  maxBytes: 0,
  consistency: "CONSISTENCY_LINEARIZABLE",
  rawFrames: false,
} as const;

function append(cluster: FakeCluster, ...values: readonly string[]): Promise<unknown> {
  return new Promise((resolve) => {
    const batch = { payload: batchOf(...values), recordCount: values.length, producer: undefined };
    cluster.node("n1").append(batch, resolve);
  });
}

describe("Read", () => {
  it("answers typed records with everything that their frame knows", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    await append(cluster, "a", "b");
    const answer = answerOf(await log.call("Read", { ...READ, fromOffset: 1 }));
    expect(answer).toMatchObject({ highWatermark: 2, logStartOffset: 0, nextOffset: 2 });
    expect(answer.records).toHaveLength(1);
    expect(answer.records[0]).toMatchObject({ offset: 1, term: 1, index: 2, producerId: 0 });
  });

  it("answers raw frames as they lie in the log, and where to go on", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    await append(cluster, "a", "b");
    await append(cluster, "c");
    const request = { ...READ, rawFrames: true, maxBytes: 1 };
    const answer = answerOf(await log.call("Read", request));
    const frame = cluster.node("n1").frames[1];
    expect(Buffer.from(answer.frames)).toEqual(Buffer.from(frame?.bytes ?? []));
    expect(answer.nextOffset).toBe(2);
  });

  it("gives at least one record, and no more than was asked for", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    await append(cluster, "a", "b", "c");
    const answer = answerOf(await log.call("Read", { ...READ, maxBytes: 1 }));
    expect(answer.records).toHaveLength(1);
    expect(answer.nextOffset).toBe(1);
  });

  it("is refused by a node that is behind what the caller has seen", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    await append(cluster, "a");
    const request = { ...READ, consistency: "CONSISTENCY_LOCAL", minHighWatermark: 1 } as const;
    expect(answerOf(await log.call("Read", request)).records).toHaveLength(1);
    const error = errorOf(await log.call("Read", { ...request, minHighWatermark: 2 }));
    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    const { consistency } = request;
    const ends = await log.call("Offsets", { consistency, minHighWatermark: 2 });
    expect(errorOf(ends).code).toBe("UNAVAILABLE");
  });

  it("is empty at the high watermark and refuses what lies beyond", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    await append(cluster, "a");
    const answer = answerOf(await log.call("Read", { ...READ, fromOffset: 1 }));
    expect(answer).toMatchObject({ records: [], nextOffset: 1, highWatermark: 1 });
    const error = errorOf(await log.call("Read", { ...READ, fromOffset: 2 }));
    expect(error.code).toBe("OFFSET_BEYOND_END");
  });
});

describe("Offsets", () => {
  it("tells start, end and term, and asks a majority unless told otherwise", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    await append(cluster, "a", "b");
    const consistency = "CONSISTENCY_LINEARIZABLE";
    const answer = answerOf(await log.call("Offsets", { consistency }));
    expect(answer).toEqual({ logStartOffset: 0, highWatermark: 2, term: 1 });
    answerOf(await log.call("Offsets", { consistency: "CONSISTENCY_LOCAL" }));
    expect(cluster.node("n1").reads).toEqual(["linearizable", "local"]);
  });

  it("finds the first offset stamped at or after a time; the end when there is none", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    await append(cluster, "a", "b");
    await append(cluster, "c");
    const second = cluster.node("n1").frames[2]?.header.timestamp ?? 0;
    const at = async (atTimestamp: number) =>
      answerOf(await log.call("Offsets", { consistency: "CONSISTENCY_LOCAL", atTimestamp }))
        .offsetAtTimestamp;
    expect(await at(0)).toBe(0);
    expect(await at(second)).toBe(2);
    expect(await at(second + 1)).toBe(3);
  });

  it("refuses a time that was rounded on the way", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const request = { consistency: "CONSISTENCY_LOCAL", atTimestamp: 2 ** 60 } as const;
    expect(errorOf(await log.call("Offsets", request)).code).toBe("INVALID_ARGUMENT");
  });
});
