import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LogIndex, Offset, Term } from "../../src/common/brand.ts";
import { COMPACTED_FLAG, encodeFrame, type Frame } from "../../src/common/frame.ts";
import { type Client, codecs, connect } from "../../src/index.ts";
import { type FakeCluster, startFakeCluster } from "../support/fake-cluster.ts";
import type { FakeNode } from "../support/fake-node.ts";
import { batchOf } from "../support/raw-log-client.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { until } from "../support/until.ts";

let cluster: FakeCluster;
let client: Client;
let n1: FakeNode;

beforeEach(async () => {
  cluster = await startFakeCluster(3);
  n1 = cluster.node("n1");
  client = await connect({ endpoints: cluster.addresses });
});

afterEach(async () => {
  await client.close();
  await cluster[Symbol.asyncDispose]();
});

/** Appends one batch at the leader and copies the log to the followers. */
async function append(...values: readonly string[]): Promise<void> {
  const batch = { payload: batchOf(...values), recordCount: values.length, producer: undefined };
  await new Promise((resolve) => n1.append(batch, resolve));
  for (const follower of cluster.nodes.slice(1)) follower.copyLog(n1);
}

async function collect(options: Parameters<Client["tail"]>[0]): Promise<readonly string[]> {
  const seen: string[] = [];
  for await (const { offset, value } of client.tail({ ...options, codec: codecs.text } as object))
    seen.push(`${offset}:${String(value)}`);
  return seen;
}

/** One record of the log in a frame as compaction makes them. */
function compacted(offset: number, value: string): Frame {
  return encodeFrame(
    {
      type: "data",
      flags: COMPACTED_FLAG,
      index: LogIndex(offset + 1),
      term: Term(1),
      baseOffset: Offset(offset),
      segmentFirstIndex: LogIndex(1),
      timestamp: 1_700_000_000_000,
      recordCount: 1,
      producer: undefined,
    },
    batchOf(value),
    0,
  );
}

/** Offsets 0 to 9 of the log are compacted: of them, 2 and 5 are left. */
function compactToTen(node: FakeNode): void {
  const tail = node.frames.filter(({ header }) => header.baseOffset >= 10);
  node.frames = [compacted(2, "c"), compacted(5, "f"), ...tail];
  node.committed = node.frames.length;
  node.compactedTo = Offset(10);
}

describe("Tail of a compacted log", () => {
  beforeEach(async () => {
    await append(..."abcdefghij");
  });

  it.each([
    ["start" as const, ["2:c", "5:f", "10:k"]],
    [{ offset: 3 }, ["5:f", "10:k"]],
    [{ offset: 7 }, ["10:k"]],
  ])("passes over the holes from %j", async (from, expected) => {
    await append("k");
    for (const node of cluster.nodes) compactToTen(node);
    expect(await collect({ from, to: "end" })).toEqual(expected);
  });

  it("ends where only a hole is left before the end", async () => {
    n1.lead(2);
    for (const follower of cluster.nodes.slice(1)) follower.copyLog(n1);
    for (const node of cluster.nodes) compactToTen(node);
    expect(await collect({ from: "start", to: "end" })).toEqual(["2:c", "5:f"]);
    expect(await collect({ from: { offset: 6 }, to: "end" })).toEqual([]);
  });

  it("refuses a hole where nothing is compacted", async () => {
    await append("k");
    for (const node of cluster.nodes) {
      compactToTen(node);
      node.compactedTo = undefined;
    }
    await expect(collect({ from: "start", to: "end" })).rejects.toMatchObject({ code: "CORRUPT" });
  });

  it("refuses a frame with a flag that it does not know", async () => {
    await append("k");
    for (const node of cluster.nodes) compactToTen(node);
    const odd = compacted(2, "c");
    const { header } = odd;
    const frame = encodeFrame({ ...header, flags: 2 }, batchOf("c"), 0);
    for (const node of cluster.nodes) node.frames[0] = frame;
    await expect(collect({ from: "start", to: "end" })).rejects.toThrow(/unknown flags/);
  });
});

describe("Tail", () => {
  it("gives everything from start to end and stops", async () => {
    await append("a", "b");
    await append("c");
    expect(await collect({ from: "start", to: "end" })).toEqual(["0:a", "1:b", "2:c"]);
  });

  it.each([
    [{ offset: 1 }, ["1:b", "2:c", "3:d"]],
    [{ last: 2 }, ["2:c", "3:d"]],
    [{ last: 99 }, ["0:a", "1:b", "2:c", "3:d"]],
    [{ timestamp: 1_700_000_000_002 }, ["2:c", "3:d"]],
    [{ timestamp: new Date(1_700_000_000_003) }, ["3:d"]],
    ["end" as const, []],
  ])("starts at %j", async (from, expected) => {
    await append("a", "b");
    await append("c");
    await append("d");
    expect(await collect({ from, to: "end" })).toEqual(expected);
  });

  it("passes over nodes that are behind its client's session when it asks for that", async () => {
    await append("a");
    await using producer = client.producer<string>({ codec: codecs.text });
    // Its acknowledgement is all that the client knows of: the followers have not got it.
    await producer.append({ value: "b" });
    const local = { to: "end", consistency: "local" } as const;
    for (const follower of ["n2", "n3"]) expect(cluster.node(follower).highWatermark).toBe(1);
    for (let time = 0; time < 5; time++)
      expect(await collect({ ...local, session: true })).toEqual(["0:a", "1:b"]);
  });

  it("ends before an offset, inside a batch too", async () => {
    await append("a", "b", "c");
    expect(await collect({ from: "start", to: 2 })).toEqual(["0:a", "1:b"]);
  });

  it("gives offset, term, index, time, key, headers and producer with each record", async () => {
    await using producer = client.producer<{ n: number }>({ codec: codecs.json<{ n: number }>() });
    await producer.appendBatch([
      { key: "k", value: { n: 1 }, headers: { h: "v" } },
      { key: Buffer.from([0xff, 0xfe]), value: null },
    ]);
    const records = [];
    const tail = client.tail<{ n: number }>({
      codec: codecs.json<{ n: number }>(),
      consistency: "local",
      to: 2,
    });
    for (const follower of cluster.nodes.slice(1)) follower.copyLog(n1);
    for await (const record of tail) records.push(record);
    expect(records[0]).toMatchObject({
      offset: 0,
      term: 1,
      index: 2,
      key: "k",
      value: { n: 1 },
      producer: { epoch: expect.any(Number), sequence: 0 },
    });
    expect([...(records[0]?.headers ?? [])]).toEqual([["h", "v"]]);
    expect(records[1]).toMatchObject({ value: null, producer: { sequence: 1 } });
    expect(records[1]?.key).toEqual(Buffer.from([0xff, 0xfe]));
  });

  it("follows what is appended, knows its position and lag, and break stops it", async () => {
    await append("a");
    const tail = client.tail<string>({ codec: codecs.text });
    const seen: (string | null)[] = [];
    for await (const { value } of tail) {
      seen.push(value);
      if (value === "a") await append("b", "c");
      if (value === "b") break;
    }
    expect(seen).toEqual(["a", "b"]);
    expect(tail.position).toBe(2);
    expect(tail.lag).toBe(1);
    await until(() => cluster.nodes.every(({ waiting }) => waiting === 0));
    for await (const { value } of tail) {
      expect(value).toBe("c");
      break;
    }
  });

  it("gives batches: one array for what came together", async () => {
    await append("a", "b");
    await append("c");
    const sizes: number[] = [];
    for await (const batch of client.tail({ to: "end" }).batches()) sizes.push(batch.length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(3);
  });

  it("ends quietly with its signal, and with TIMEOUT when its time is over", async () => {
    const stop = new AbortController();
    const quiet = collect({ from: "end", signal: stop.signal });
    await until(() => cluster.nodes.some(({ waiting }) => waiting > 0));
    stop.abort();
    expect(await quiet).toEqual([]);
    await expect(collect({ from: "end", timeoutMs: 30 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
  });

  it("ends when it is closed from outside", async () => {
    const tail = client.tail();
    const reading = (async () => {
      for await (const _ of tail);
    })();
    await until(() => cluster.nodes.some(({ waiting }) => waiting > 0));
    await tail.close();
    await reading;
  });

  it("refuses a position that was trimmed, or skips it when told so", async () => {
    await append("a");
    await append("b");
    for (const node of cluster.nodes) node.logStartOffset = 1;
    await expect(collect({ from: { offset: 0 }, to: "end" })).rejects.toMatchObject({
      code: "OFFSET_TRIMMED",
      logStartOffset: 1,
    });
    const skipping = { from: { offset: 0 }, to: "end", onTrimmed: "skip-to-start" } as const;
    expect(await collect(skipping)).toEqual(["1:b"]);
  });

  it("goes on at its position on another node when a node is lost", async () => {
    await append("a");
    const tail = client.tail<string>({ codec: codecs.text });
    const seen: string[] = [];
    for await (const { offset, value } of tail) {
      seen.push(`${offset}:${value}`);
      if (value === "c") break;
      if (value === "b") continue;
      const serving = cluster.nodes.findIndex(({ waiting }) => waiting > 0);
      if (serving >= 0) await cluster.services[serving]?.close();
      await append("b");
      await append("c");
    }
    expect(seen).toEqual(["0:a", "1:b", "2:c"]);
  });

  it("repeats and loses nothing when its connection is cut again and again", async () => {
    await using proxy = await TcpProxy.start(cluster.addressOf("n1"));
    await using alone = await connect({ endpoints: proxy.address });
    for (let i = 0; i < 50; i++) await append(`${i}`, `${i}+`);
    const offsets: number[] = [];
    for await (const { offset } of alone.tail({ to: 100, maxBytes: 300 })) {
      offsets.push(offset);
      if (offset % 10 === 5) {
        proxy.cut();
        proxy.mend();
      }
    }
    expect(offsets).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it("can be pinned to one node and what that node has", async () => {
    await append("a");
    n1.frames = n1.frames.slice();
    const batch = { payload: batchOf("b"), recordCount: 1, producer: undefined };
    await new Promise((resolve) => n1.append(batch, resolve));
    await using pinned = await connect(cluster.addressOf("n3"));
    const seen: number[] = [];
    for await (const { offset } of pinned.tail({ to: "end", consistency: "local" }))
      seen.push(offset);
    expect(seen).toEqual([0]);
  });

  it("ends at a value that its codec cannot read, and names the offset", async () => {
    await append("1", "{");
    const reading = (async () => {
      for await (const _ of client.tail({ codec: codecs.json() }));
    })();
    await expect(reading).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("the value at offset 1"),
    });
  });

  it("gives up when no node has served it for maxElapsedMs", async () => {
    await using impatient = await connect({
      endpoints: cluster.addresses,
      retry: { maxElapsedMs: 100 },
    });
    await Promise.all(cluster.services.map((service) => service.close()));
    const reading = (async () => {
      for await (const _ of impatient.tail({ from: { offset: 0 } }));
    })();
    await expect(reading).rejects.toMatchObject({ code: expect.stringMatching(/UNAVAIL|CLOSED/) });
  });

  it.each([
    [{ from: { offset: -1 } }, "from.offset is -1"],
    [{ from: { last: 1.5 } }, "from.last is 1.5"],
    [{ from: "middle" as "start" }, "from is middle"],
    [{ to: -1 }, "to is -1"],
    [{ maxBytes: 0 }, "maxBytes is 0"],
  ])("refuses %j", (options, message) => {
    expect(() => client.tail(options)).toThrow(message);
  });
});
