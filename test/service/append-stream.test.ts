import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { LogError } from "../../src/common/errors.ts";
import { NodeMetrics } from "../../src/runtime/metrics.ts";
import { systemClock } from "../../src/runtime/system-clock.ts";
import { appendStream } from "../../src/service/append-stream.ts";
import { MAX_STREAM_PENDING_BYTES } from "../../src/service/limits.ts";
import { MemberStatus } from "../../src/service/member-status.ts";
import { OpenCalls } from "../../src/service/open-calls.ts";
import { PendingAppends } from "../../src/service/pending-appends.ts";
import { ServiceMetrics } from "../../src/service/service-metrics.ts";
import type {
  AppendAcks,
  AppendStreamResponse,
  StreamedAppend,
} from "../../src/wire/log-messages.ts";
import { FakeNode } from "../support/fake-node.ts";
import { startFakeCluster } from "../support/fake-cluster.ts";
import { batchOf, observe, RawLogClient } from "../support/raw-log-client.ts";
import { turns, until } from "../support/until.ts";

const OPEN = { open: { producerId: 7, producerEpoch: 1 }, appends: [] };

function append(sequence: number, ...values: readonly string[]): StreamedAppend {
  return { batch: batchOf(...values), recordCount: values.length, sequence };
}

function acked(messages: readonly AppendStreamResponse[]): readonly (readonly number[])[] {
  const acks = messages.flatMap((message): AppendAcks[] => (message.acks ? [message.acks] : []));
  return acks.flatMap(({ sequences, offsets }) =>
    sequences.map((sequence, i) => [sequence, offsets[i] as number]),
  );
}

function failures(messages: readonly AppendStreamResponse[]): readonly string[] {
  return messages.flatMap((message) =>
    message.failures.map(({ sequence, code, unknown }) =>
      [sequence, code, unknown ? "unknown" : "failed"].join(" "),
    ),
  );
}

describe("AppendStream", () => {
  it("opens with term, barrier and leader, then acknowledges many per message", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const stream = log.appendStream();
    const seen = observe(stream);
    stream.write(OPEN);
    await until(() => seen.messages.length === 1);
    expect(seen.messages[0]?.opened).toEqual({ term: 1, barrier: 0, leaderId: "n1" });
    stream.write({ open: null, appends: [append(0, "a"), append(1, "b", "c"), append(3, "d")] });
    stream.end();
    expect(await seen.ended).toBeUndefined();
    expect(acked(seen.messages)).toEqual([
      [0, 0],
      [1, 1],
      [3, 3],
    ]);
    expect(seen.messages).toHaveLength(2);
    const producers = cluster.node("n1").frames.map(({ header }) => header.producer?.sequence);
    expect(producers).toEqual([undefined, 0, 1, 3]);
  });

  it("takes appends in its first message too", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const stream = log.appendStream();
    const seen = observe(stream);
    stream.end({ ...OPEN, appends: [append(0, "a")] });
    expect(await seen.ended).toBeUndefined();
    expect(acked(seen.messages)).toEqual([[0, 0]]);
  });

  it.each([
    ["its first message opens no producer", { open: null, appends: [append(0, "a")] }],
    ["the producer's id is 0", { open: { producerId: 0, producerEpoch: 1 }, appends: [] }],
  ])("ends with INVALID_ARGUMENT when %s", async (_name, message) => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const stream = log.appendStream();
    const seen = observe(stream);
    stream.write(message);
    expect(await seen.ended).toMatchObject({ code: "INVALID_ARGUMENT", outcome: "failed" });
    expect(cluster.node("n1").nextOffset).toBe(0);
  });

  it("ends with INVALID_ARGUMENT when the producer is opened twice, after settling", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const stream = log.appendStream();
    const seen = observe(stream);
    stream.write({ ...OPEN, appends: [append(0, "a")] });
    stream.write(OPEN);
    expect(await seen.ended).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(acked(seen.messages)).toEqual([[0, 0]]);
  });

  it("refuses one wrong append without harming its neighbours", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const stream = log.appendStream();
    const seen = observe(stream);
    const wrong = { ...append(1, "b", "c"), recordCount: 3 };
    const large = append(4, "x".repeat(1 << 20));
    stream.end({ ...OPEN, appends: [append(0, "a"), wrong, large, append(5, "d")] });
    expect(await seen.ended).toBeUndefined();
    expect(failures(seen.messages)).toEqual([
      "1 INVALID_ARGUMENT failed",
      "4 RECORD_TOO_LARGE failed",
    ]);
    expect(acked(seen.messages)).toEqual([
      [0, 0],
      [5, 1],
    ]);
  });

  it("answers NOT_LEADER with the leader's address on a follower", async () => {
    await using cluster = await startFakeCluster(2);
    using log = new RawLogClient(cluster.addressOf("n2"));
    const stream = log.appendStream();
    const seen = observe(stream);
    stream.write(OPEN);
    const error = await seen.ended;
    expect(error).toMatchObject({ code: "NOT_LEADER", leader: cluster.addressOf("n1") });
  });

  it("settles what is pending, then ends, when the node stops leading", async () => {
    await using cluster = await startFakeCluster(2);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const node = cluster.node("n1");
    const stream = log.appendStream();
    const seen = observe(stream);
    node.autoCommit = false;
    stream.write({ ...OPEN, appends: [append(0, "a"), append(1, "b")] });
    await until(() => node.nextOffset === 2);
    node.follow("n2", 2);
    const error = await seen.ended;
    expect(error).toMatchObject({ code: "NOT_LEADER", leader: cluster.addressOf("n2") });
    expect(failures(seen.messages)).toEqual(["0 NOT_LEADER unknown", "1 NOT_LEADER unknown"]);
  });

  it("ends an idle stream too when the node stops leading", async () => {
    await using cluster = await startFakeCluster(2);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const stream = log.appendStream();
    const seen = observe(stream);
    stream.write(OPEN);
    await until(() => seen.messages.length === 1);
    cluster.node("n1").follow("n2", 2);
    expect(await seen.ended).toMatchObject({ code: "NOT_LEADER" });
  });

  it("ends when the node leads again in a later term: its fences are gone", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const stream = log.appendStream();
    const seen = observe(stream);
    stream.write(OPEN);
    await until(() => seen.messages.length === 1);
    cluster.node("n1").lead(3);
    expect(await seen.ended).toMatchObject({ code: "NOT_LEADER" });
  });

  it("takes nothing after a refusal that may pass: no append overtakes another", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const node = cluster.node("n1");
    const stream = log.appendStream();
    const seen = observe(stream);
    node.autoCommit = false;
    stream.write({ ...OPEN, appends: [append(0, "a")] });
    await until(() => node.nextOffset === 1);
    node.refuseAppends = new LogError("BACKPRESSURE", "too much");
    stream.write({ open: null, appends: [append(1, "b")] });
    await until(() => failures(seen.messages).length === 1);
    node.refuseAppends = undefined;
    stream.write({ open: null, appends: [append(2, "c")] });
    await until(() => failures(seen.messages).length === 2);
    node.commitAll();
    expect(await seen.ended).toMatchObject({ code: "BACKPRESSURE", outcome: "failed" });
    expect(acked(seen.messages)).toEqual([[0, 0]]);
    expect(failures(seen.messages)).toEqual(["1 BACKPRESSURE failed", "2 BACKPRESSURE failed"]);
    expect(node.nextOffset).toBe(1);
  });

  it("fences an earlier epoch of the same producer", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const first = log.appendStream();
    const seenFirst = observe(first);
    first.write(OPEN);
    await until(() => seenFirst.messages.length === 1);
    const second = log.appendStream();
    const seenSecond = observe(second);
    second.write({ open: { producerId: 7, producerEpoch: 2 }, appends: [append(0, "b")] });
    await until(() => acked(seenSecond.messages).length === 1);
    first.write({ open: null, appends: [append(0, "a")] });
    expect(await seenFirst.ended).toMatchObject({ code: "PRODUCER_FENCED" });
    expect(cluster.node("n1").nextOffset).toBe(1);
    second.end();
    await seenSecond.ended;
  });

  it("ends with INVALID_ARGUMENT on bytes that are no message, and the node lives on", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const error = await log.garbage("AppendStream", Buffer.from([0x0a, 0xff, 0xff, 0x7f]));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
    const stream = log.appendStream();
    const seen = observe(stream);
    stream.end({ ...OPEN, appends: [append(0, "a")] });
    await seen.ended;
    expect(acked(seen.messages)).toEqual([[0, 0]]);
  });
});

/** A call whose reader takes nothing: every write says "no more". */
class UnreadCall extends Readable {
  readonly written: unknown[] = [];
  readonly cancelled = false;

  constructor() {
    super({ objectMode: true, read: () => undefined });
  }

  write(message: unknown): boolean {
    this.written.push(message);
    return false;
  }
}

describe("A flood of appends", () => {
  const VALUE = "x".repeat(512 * 1024);

  it("is not read further than the bound while nothing commits, and resumes after", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const node = cluster.node("n1");
    node.autoCommit = false;
    const stream = log.appendStream();
    const seen = observe(stream);
    stream.write(OPEN);
    const count = 3 * (MAX_STREAM_PENDING_BYTES / VALUE.length);
    for (let i = 0; i < count; i++) stream.write({ open: null, appends: [append(i, VALUE)] });
    stream.end();
    const most = Math.ceil(MAX_STREAM_PENDING_BYTES / VALUE.length);
    await until(() => node.nextOffset === most);
    await turns(200);
    expect(node.nextOffset).toBe(most);
    node.autoCommit = true;
    node.commitAll();
    expect(await seen.ended).toBeUndefined();
    expect(acked(seen.messages)).toHaveLength(count);
  });

  it("stops being read while the sender does not read its acknowledgements", async () => {
    const node = new FakeNode("n1");
    node.lead(1);
    const members = new MemberStatus(new Map(), systemClock);
    const call = new UnreadCall();
    const calls = new OpenCalls();
    appendStream({
      node,
      version: "test",
      pending: new PendingAppends(),
      ...{ members, calls },
      clock: systemClock,
      metrics: new ServiceMetrics(new NodeMetrics(), calls),
    })(call as unknown as Parameters<ReturnType<typeof appendStream>>[0]);
    call.push({ ...OPEN, appends: [append(0, "a")] });
    await until(() => call.written.length === 2);
    expect(call.isPaused()).toBe(true);
    call.push({ open: null, appends: [append(1, "b")] });
    await turns(20);
    expect(node.nextOffset).toBe(1);
    call.emit("drain");
    await until(() => node.nextOffset === 2);
  });

  it("leaves nothing behind when the sender goes away", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    const node = cluster.node("n1");
    node.autoCommit = false;
    const stream = log.appendStream();
    observe(stream);
    stream.write({ ...OPEN, appends: [append(0, VALUE)] });
    await until(() => node.nextOffset === 1 && node.listeners === 3);
    stream.cancel();
    await until(() => node.listeners === 2);
    node.commitAll();
  });
});
