import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClientContext } from "../../src/client/calls.ts";
import { SilenceWatch } from "../../src/client/silence-watch.ts";
import { type Client, codecs, connect, type Producer } from "../../src/index.ts";
import { type FakeCluster, startFakeCluster } from "../support/fake-cluster.ts";
import type { FakeNode } from "../support/fake-node.ts";
import { until } from "../support/until.ts";

let cluster: FakeCluster;
let client: Client;
let producer: Producer<string>;
let n1: FakeNode;
let n2: FakeNode;
/** How often n2 told its status. */
let asked: number;

beforeEach(async () => {
  cluster = await startFakeCluster(3);
  n1 = cluster.node("n1");
  n2 = cluster.node("n2");
  client = await connect({ endpoints: cluster.addresses });
  producer = client.producer<string>({ codec: codecs.text, batchRecords: 1 });
  await producer.append({ value: "a" });
  asked = 0;
  const status = n2.status.bind(n2);
  n2.status = () => {
    asked++;
    return status();
  };
});

afterEach(async () => {
  for (const node of cluster.nodes) node.autoCommit = true;
  n1.commitAll();
  await client.close();
  await cluster[Symbol.asyncDispose]();
});

// The silent node answers pings and keeps its streams: nothing but the others can tell.
describe("An append whose leader says nothing", () => {
  it("goes on where a newer term is led, though the old leader knows nothing of it", async () => {
    n1.autoCommit = false;
    const second = producer.append({ value: "b" });
    await until(() => n1.nextOffset === 2);
    n2.copyLog(n1, 2);
    n2.lead(2);
    expect(await second).toMatchObject({ offset: 1, term: 2 });
  });

  it("is not written again where the newer leader has it", async () => {
    n1.autoCommit = false;
    const second = producer.append({ value: "b" });
    await until(() => n1.nextOffset === 2);
    n2.copyLog(n1);
    n2.lead(2);
    expect(await second).toMatchObject({ offset: 1, term: 1 });
    expect(await producer.append({ value: "c" })).toMatchObject({ offset: 2, term: 2 });
  });

  it("waits for it as long as nobody leads a newer term", async () => {
    n1.autoCommit = false;
    const second = producer.append({ value: "b" });
    await until(() => n1.nextOffset === 2);
    // A leader of the past that does not know it yet.
    n2.leaderId = "n2";
    await until(() => asked > 1);
    n1.commitAll();
    expect(await second).toMatchObject({ offset: 1, term: 1 });
    expect(n2.nextOffset).toBe(0);
  });
});

describe("the watch over a silent node", () => {
  /** A watch on a clock that is turned by hand; counts what it asks of the other node. */
  function watched(due: () => boolean) {
    const time = { nowMs: 0 };
    const timers: (() => void)[] = [];
    const calls = { asked: 0 };
    const silent = { makeUnaryRequest: () => ({ cancel: () => undefined }) };
    const context = {
      view: { addresses: ["here", "there"] },
      connections: {
        get: (address: string) => {
          expect(address).toBe("there");
          calls.asked++;
          return silent;
        },
      },
      ports: {
        clock: { nowMs: () => time.nowMs },
        scheduler: { after: (_: number, run: () => void) => (timers.push(run), () => undefined) },
      },
      closing: new AbortController().signal,
    } as unknown as ClientContext;
    const superseded = () => expect.unreachable();
    const watch = new SilenceWatch(context, { address: "here", due, term: () => 1, superseded });
    const pass = (ms: number) => {
      time.nowMs += ms;
      for (const run of timers.splice(0)) run();
    };
    return { watch, pass, calls };
  }

  it("asks nobody while nothing is owed, nor while it is heard", () => {
    let due = false;
    const { watch, pass, calls } = watched(() => due);
    for (let turn = 0; turn < 8; turn++) pass(250);
    due = true;
    for (let turn = 0; turn < 8; turn++) {
      watch.heard();
      pass(250);
    }
    expect(calls.asked).toBe(0);
    pass(250);
    expect(calls.asked).toBe(1);
    watch[Symbol.dispose]();
  });
});
