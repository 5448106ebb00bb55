import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Client, codecs, connect, type Producer } from "../../src/index.ts";
import { decodeRecordBatch } from "../../src/wire/record-batch.ts";
import { payloadOf } from "../../src/common/frame.ts";
import { type FakeCluster, startFakeCluster } from "../support/fake-cluster.ts";
import type { FakeNode } from "../support/fake-node.ts";
import { turns, until } from "../support/until.ts";

let cluster: FakeCluster;
let client: Client;
let node: FakeNode;

beforeEach(async () => {
  cluster = await startFakeCluster(1);
  node = cluster.node("n1");
  client = await connect({ endpoints: cluster.addresses });
});

afterEach(async () => {
  node.autoCommit = true;
  node.commitAll();
  await client.close();
  await cluster[Symbol.asyncDispose]();
});

function text(options: Parameters<Client["producer"]>[0] = {}): Producer<string> {
  return client.producer<string>({ ...options, codec: codecs.text });
}

function dataFrames(): readonly number[] {
  return node.frames.flatMap(({ header }) => (header.type === "data" ? [header.recordCount] : []));
}

describe("Producer.append", () => {
  it("answers offset, term and index in order of the calls", async () => {
    const producer = text();
    const acks = await Promise.all(["a", "b", "c"].map((value) => producer.append({ value })));
    expect(acks.map(({ offset }) => offset)).toEqual([0, 1, 2]);
    expect(acks[0]).toEqual({ offset: 0, term: 1, index: 2, duplicate: false });
  });

  it("coalesces what is appended in one tick into one entry", async () => {
    const producer = text();
    await Promise.all(Array.from({ length: 1000 }, (_, i) => producer.append({ value: `${i}` })));
    expect(dataFrames()).toEqual([1000]);
  });

  it("keeps every append its own entry with batchRecords 1, and shares messages", async () => {
    const producer = text({ batchRecords: 1, maxInFlight: 100 });
    await Promise.all(Array.from({ length: 100 }, (_, i) => producer.append({ value: `${i}` })));
    expect(dataFrames()).toEqual(Array.from({ length: 100 }, () => 1));
  });

  it("never has more than maxInFlight batches under way", async () => {
    const producer = text({ batchRecords: 1, maxInFlight: 3 });
    node.autoCommit = false;
    const appends = Array.from({ length: 10 }, (_, i) => producer.append({ value: `${i}` }));
    await until(() => node.nextOffset === 3);
    await turns(50);
    expect(node.nextOffset).toBe(3);
    node.autoCommit = true;
    node.commitAll();
    await Promise.all(appends);
    expect(node.nextOffset).toBe(10);
  });

  it("waits lingerMs for company, unless a batch is full", async () => {
    const producer = text({ lingerMs: 30, batchRecords: 4 });
    const first = producer.append({ value: "a" });
    await turns(3);
    const rest = ["b", "c", "d"].map((value) => producer.append({ value }));
    await Promise.all([first, ...rest]);
    expect(dataFrames()).toEqual([4]);
    await producer.append({ value: "alone" });
    expect(dataFrames()).toEqual([4, 1]);
  });

  it("writes key, value and headers, tombstones too", async () => {
    const producer = text();
    await producer.append({ key: "k", value: null, headers: { trace: "1" } });
    const frame = node.frames.at(-1);
    const [record] = frame === undefined ? [] : decodeRecordBatch(payloadOf(frame));
    expect(Buffer.from(record?.key ?? []).toString()).toBe("k");
    expect(record?.value).toBeUndefined();
    expect(record?.headers.map(({ name, value }) => [name, Buffer.from(value).toString()])).toEqual(
      [["trace", "1"]],
    );
  });

  it("refuses a record over the limit at once, and its neighbours get through", async () => {
    const producer = text();
    const before = producer.append({ value: "a" });
    const large = producer.append({ value: "x".repeat(1 << 20) });
    const after = producer.append({ value: "b" });
    await expect(large).rejects.toMatchObject({ code: "RECORD_TOO_LARGE", outcome: "failed" });
    expect([(await before).offset, (await after).offset]).toEqual([0, 1]);
  });

  it("refuses a value that its codec does not turn into bytes, and says what to do", async () => {
    const producer = client.producer() as unknown as Producer<string>;
    await expect(producer.append({ value: "text" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      hint: expect.stringContaining("codec"),
    });
  });
});

describe("Producer.appendBatch", () => {
  it("is one entry with consecutive offsets", async () => {
    const producer = text();
    const [batch] = await Promise.all([
      producer.appendBatch([{ value: "a" }, { value: "b" }, { value: "c" }]),
      producer.append({ value: "d" }),
    ]);
    expect(batch.map(({ offset }) => offset)).toEqual([0, 1, 2]);
  });

  it("is never split by batchRecords", async () => {
    const producer = text({ batchRecords: 2 });
    await producer.appendBatch([{ value: "a" }, { value: "b" }, { value: "c" }]);
    expect(dataFrames()).toEqual([3]);
  });

  it("refuses an empty batch and one over the limit", async () => {
    const producer = text();
    await expect(producer.appendBatch([])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const large = Array.from({ length: 5 }, () => ({ value: "x".repeat(1_000_000) }));
    await expect(producer.appendBatch(large)).rejects.toMatchObject({ code: "RECORD_TOO_LARGE" });
  });
});

describe("A caller that gives up", () => {
  it("learns that a queued append was never sent", async () => {
    const producer = text({ batchRecords: 1, maxInFlight: 1 });
    node.autoCommit = false;
    const first = producer.append({ value: "a" });
    await until(() => node.nextOffset === 1);
    const stop = new AbortController();
    const second = producer.append({ value: "b" }, { signal: stop.signal });
    stop.abort();
    await expect(second).rejects.toMatchObject({ code: "ABORTED", outcome: "failed" });
    node.autoCommit = true;
    node.commitAll();
    await first;
    expect(await producer.append({ value: "c" })).toMatchObject({ offset: 1 });
  });

  it("learns that a sent append may be written", async () => {
    const producer = text();
    node.autoCommit = false;
    const stop = new AbortController();
    const append = producer.append({ value: "a" }, { signal: stop.signal });
    await until(() => node.nextOffset === 1);
    stop.abort();
    await expect(append).rejects.toMatchObject({ code: "ABORTED", outcome: "unknown" });
  });

  it("is told at once when its signal was aborted before", async () => {
    const producer = text();
    const append = producer.append({ value: "a" }, { signal: AbortSignal.abort() });
    await expect(append).rejects.toMatchObject({ code: "ABORTED", outcome: "failed" });
    expect(node.nextOffset).toBe(0);
  });

  it("may share its signal with a thousand others: one listener, no warning", async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on("warning", warned);
    const producer = text({ batchRecords: 1, maxInFlight: 2000 });
    const { signal } = new AbortController();
    const appends = Array.from({ length: 1000 }, () => producer.append({ value: "x" }, { signal }));
    await Promise.all(appends);
    await turns(2);
    process.off("warning", warned);
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("gets TIMEOUT from AbortSignal.timeout", async () => {
    const producer = text();
    node.autoCommit = false;
    const append = producer.append({ value: "a" }, { signal: AbortSignal.timeout(30) });
    await expect(append).rejects.toMatchObject({ code: "TIMEOUT", outcome: "unknown" });
  });
});

describe("The buffer", () => {
  it("counts what is not settled, and refuses what would pass its limit", async () => {
    const producer = text({ maxBufferedBytes: 4096, batchRecords: 1 });
    node.autoCommit = false;
    const appends: Promise<unknown>[] = [];
    while (producer.bufferedBytes < 3800) appends.push(producer.append({ value: "x".repeat(64) }));
    const refused = producer.append({ value: "x".repeat(256) });
    await expect(refused).rejects.toMatchObject({
      code: "BACKPRESSURE",
      outcome: "failed",
      retryable: true,
      hint: expect.stringContaining("drain()"),
    });
    await until(() => node.nextOffset === appends.length);
    let drained = false;
    const draining = producer.drain().then(() => (drained = true));
    await turns(50);
    expect(drained).toBe(false);
    node.commitAll();
    await draining;
    expect(producer.bufferedBytes).toBeLessThan(2048);
    await Promise.all(appends);
    expect(producer.bufferedBytes).toBe(0);
  });

  it("flushes what lingers and resolves when all of it is settled", async () => {
    const producer = text({ lingerMs: 60_000 });
    const append = producer.append({ value: "a" });
    await producer.flush();
    expect(node.nextOffset).toBe(1);
    await append;
  });

  it("is flushed by close, and takes nothing after", async () => {
    const producer = text({ lingerMs: 60_000 });
    const append = producer.append({ value: "a" });
    await producer.close();
    expect(await append).toMatchObject({ offset: 0 });
    await expect(producer.append({ value: "b" })).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("is flushed when the client closes, by await using too", async () => {
    let append: Promise<unknown> | undefined;
    {
      await using other = await connect({ endpoints: cluster.addresses });
      append = other.producer().append({ value: Buffer.from("a") });
    }
    expect(await append).toMatchObject({ offset: 0 });
  });
});

describe("Options", () => {
  it.each([
    ["lingerMs", -1],
    ["batchRecords", 0],
    ["batchBytes", Number.NaN],
    ["maxMessageBytes", 0],
    ["maxInFlight", 0],
    ["maxBufferedBytes", -5],
  ])("refuse %s: %d by name", (name, value) => {
    expect(() => client.producer({ [name]: value })).toThrow(`${name} is ${value}`);
  });
});
