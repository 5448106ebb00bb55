import { describe, expect, it } from "vitest";
import { decodeHeader } from "../../src/common/frame.ts";
import { encodeRecordBatch } from "../../src/wire/record-batch.ts";
import { LogError } from "../../src/common/errors.ts";
import type { TailResponse } from "../../src/wire/log-messages.ts";
import { startService } from "../../src/service/server.ts";
import { FakeNode } from "../support/fake-node.ts";
import { type FakeCluster, startFakeCluster } from "../support/fake-cluster.ts";
import { batchOf, observe, RawLogClient, record } from "../support/raw-log-client.ts";
import { turns, until } from "../support/until.ts";

function append(cluster: FakeCluster, ...values: readonly string[]): Promise<unknown> {
  return new Promise((resolve) => {
    const batch = { payload: batchOf(...values), recordCount: values.length, producer: undefined };
    cluster.node("n1").append(batch, resolve);
  });
}

function values(messages: readonly TailResponse[]): readonly string[] {
  return messages.flatMap(({ records }) =>
    records.map(({ offset, value }) => `${offset} ${Buffer.from(value ?? []).toString()}`),
  );
}

describe("Tail", () => {
  it("tells first where the log ends, then pushes typed records as they commit", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    await append(cluster, "a", "b");
    const stream = log.tail({});
    const seen = observe(stream);
    await until(() => values(seen.messages).length === 2);
    expect(seen.messages[0]).toMatchObject({ records: [], highWatermark: 2, logStartOffset: 0 });
    await append(cluster, "c");
    await until(() => values(seen.messages).length === 3);
    expect(values(seen.messages)).toEqual(["0 a", "1 b", "2 c"]);
    expect(seen.messages.at(-1)?.highWatermark).toBe(3);
    stream.cancel();
  });

  it("starts typed records at the offset, inside a batch too", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    await append(cluster, "a", "b", "c");
    const stream = log.tail({ fromOffset: 1 });
    const seen = observe(stream);
    await until(() => values(seen.messages).length === 2);
    expect(values(seen.messages)).toEqual(["1 b", "2 c"]);
    stream.cancel();
  });

  it("starts raw frames with the frame that holds the offset, byte for byte", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    await append(cluster, "a");
    await append(cluster, "b", "c");
    await append(cluster, "d");
    const stream = log.tail({ fromOffset: 2, rawFrames: true });
    const seen = observe(stream);
    await until(() => seen.messages.length === 2);
    const frames = cluster
      .node("n1")
      .frames.slice(2)
      .map(({ bytes }) => bytes);
    expect(Buffer.from(seen.messages[1]?.frames ?? [])).toEqual(Buffer.concat(frames));
    stream.cancel();
  });

  it("waits when it starts past the end", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const stream = log.tail({ fromOffset: 2 });
    const seen = observe(stream);
    await until(() => seen.messages.length === 1);
    await append(cluster, "a", "b");
    await turns(20);
    expect(values(seen.messages)).toEqual([]);
    await append(cluster, "c");
    await until(() => values(seen.messages).length === 1);
    expect(values(seen.messages)).toEqual(["2 c"]);
    stream.cancel();
  });

  it("splits a batch whose typed records are larger than a message may be", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const many = Array.from({ length: 60_000 }, () => record("x", "key"));
    cluster
      .node("n1")
      .append(
        { payload: encodeRecordBatch(many), recordCount: many.length, producer: undefined },
        () => undefined,
      );
    const stream = log.tail({});
    const seen = observe(stream);
    await until(() => values(seen.messages).length === 60_000);
    expect(seen.messages.length).toBeGreaterThan(4);
    stream.cancel();
  });

  it("refuses an offset that was trimmed and says where the log starts", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    cluster.node("n1").logStartOffset = 5;
    const seen = observe(log.tail({ fromOffset: 3 }));
    expect(await seen.ended).toMatchObject({ code: "OFFSET_TRIMMED", logStartOffset: 5 });
  });

  it("asks a majority first when linearizable, and nobody when local", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    for (const consistency of ["CONSISTENCY_LINEARIZABLE", "CONSISTENCY_LOCAL"] as const) {
      const stream = log.tail({ consistency });
      const seen = observe(stream);
      await until(() => seen.messages.length === 1);
      stream.cancel();
      await seen.ended;
    }
    expect(cluster.node("n1").reads).toEqual(["linearizable", "local"]);
  });

  it("refuses a consistency of a later version instead of serving less", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const consistency = 7 as unknown as "CONSISTENCY_LOCAL";
    const seen = observe(log.tail({ consistency }));
    expect(await seen.ended).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("passes on that the node cannot serve", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    cluster.node("n1").refuseReads = new LogError("NO_QUORUM", "no leader is known");
    const seen = observe(log.tail({}));
    expect(await seen.ended).toMatchObject({ code: "NO_QUORUM", retryable: true });
  });

  it("leaves a node that has no leader for longer than an election, unless local", async () => {
    const node = new FakeNode("n1");
    node.lead(1);
    const timers: (() => void)[] = [];
    const scheduler = {
      after: (_delayMs: number, run: () => void) => {
        timers.push(run);
        return () => timers.splice(timers.indexOf(run), 1);
      },
      defer: (run: () => void) => queueMicrotask(run),
    };
    const options = { node, listen: ":0", members: new Map(), version: "test", scheduler };
    const service = await startService(options);
    using log = new RawLogClient(service.address);
    const linearizable = observe(log.tail({}));
    const local = observe(log.tail({ consistency: "CONSISTENCY_LOCAL" }));
    await until(() => node.waiting === 2);
    node.healthy = false;
    node.changed();
    node.healthy = true;
    node.changed();
    expect(timers).toHaveLength(0);
    node.healthy = false;
    node.changed();
    timers[0]?.();
    expect(await linearizable.ended).toMatchObject({ code: "NO_QUORUM", retryable: true });
    expect(node.waiting).toBe(1);
    await service.close();
    await local.ended;
  });

  it("ends with CLOSED when the service closes", async () => {
    const cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const seen = observe(log.tail({}));
    await until(() => seen.messages.length === 1);
    await cluster[Symbol.asyncDispose]();
    expect(["CLOSED", "UNAVAILABLE"]).toContain((await seen.ended)?.code);
  });
});

describe("A reader that stalls", () => {
  it("costs a bounded amount of memory, and gets everything when it goes on", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const node = cluster.node("n1");
    const value = "x".repeat(256 * 1024);
    for (let i = 0; i < 200; i++) await append(cluster, value);
    const stream = log.tail({ rawFrames: true, maxBytes: 256 * 1024 });
    stream.on("error", () => undefined);
    // grpc-js holds a stream back only once its first message was taken.
    await new Promise((resolve) => stream.once("data", resolve));
    stream.pause();
    // Nobody reads. What is read of the log is what windows and buffers hold, not 50 MiB.
    await until(() => node.reads.length > 8);
    let before = 0;
    while (node.reads.length !== before) {
      before = node.reads.length;
      await turns(300);
    }
    expect(node.reads.length).toBeLessThan(60);
    const frames: Uint8Array[] = [];
    stream.on("data", (message: TailResponse) => frames.push(message.frames));
    stream.resume();
    const size = () => frames.reduce((sum, each) => sum + each.length, 0);
    const total = node.frames.slice(1).reduce((sum, { bytes }) => sum + bytes.length, 0);
    await until(() => size() === total);
    const header = decodeHeader(Buffer.concat(frames), 0);
    expect(header).toMatchObject({ baseOffset: 0 });
    stream.cancel();
  });

  it("leaves nothing behind when it goes away", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const node = cluster.node("n1");
    const stream = log.tail({});
    const seen = observe(stream);
    await until(() => seen.messages.length === 1 && node.waiting === 1);
    stream.cancel();
    await until(() => node.waiting === 0);
  });
});
