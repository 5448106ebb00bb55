import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { codecs, connect, type LeaderInfo } from "../../src/index.ts";
import { startFakeCluster } from "../support/fake-cluster.ts";
import { until } from "../support/until.ts";

describe("connect", () => {
  it("is content with one member that answers", async () => {
    await using cluster = await startFakeCluster(1);
    await using client = await connect(`127.0.0.1:1,${cluster.addressOf("n1")}`);
    expect(await client.offsets()).toEqual({ logStartOffset: 0, highWatermark: 0 });
  });

  it("fails at once when nobody listens, naming where it asked and what to do", async () => {
    await expect(connect("127.0.0.1:1, 127.0.0.1:2")).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: "no member answers at 127.0.0.1:1, 127.0.0.1:2",
      hint: expect.stringContaining("cluster up"),
    });
  });

  it("does not wait longer than it was told for a port that says nothing", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await until(() => silent.listening);
    const { port } = silent.address() as { port: number };
    await expect(connect(`127.0.0.1:${port}`, { timeoutMs: 50 })).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    silent.close();
  });

  it.each([
    ["", "no endpoint was given"],
    ["http://127.0.0.1:7101", '"http://127.0.0.1:7101" is no endpoint'],
    ["127.0.0.1", '"127.0.0.1" is no endpoint'],
    ["127.0.0.1:99999", '"127.0.0.1:99999" is no endpoint'],
  ])("refuses %j", async (endpoints, message) => {
    await expect(connect(endpoints)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message });
  });

  it("refuses a retry option that is no duration", async () => {
    const options = { endpoints: "127.0.0.1:1", retry: { maxMs: -1 } };
    await expect(connect(options)).rejects.toThrow("retry.maxMs is -1");
  });
});

describe("A client", () => {
  it("finds the leader through any member, and tells of it once", async () => {
    await using cluster = await startFakeCluster(3);
    await using client = await connect(cluster.addressOf("n3"));
    const leaders: LeaderInfo[] = [];
    client.on("leader", (leader) => leaders.push(leader));
    await using producer = client.producer<string>({ codec: codecs.text });
    await producer.append({ value: "a" });
    await producer.append({ value: "b" });
    expect(leaders).toEqual([{ id: "n1", term: 1 }]);
    cluster.node("n2").copyLog(cluster.node("n1"));
    cluster.node("n2").lead(2);
    cluster.node("n1").follow("n2", 2);
    await producer.append({ value: "c" });
    expect(leaders.at(-1)).toEqual({ id: "n2", term: 2 });
  });

  it("asks another member when one is down", async () => {
    await using cluster = await startFakeCluster(3);
    await using client = await connect({ endpoints: cluster.addresses });
    await cluster.services[0]?.close();
    await cluster.services[1]?.close();
    for (let i = 0; i < 3; i++) expect((await client.offsets()).highWatermark).toBe(0);
  });

  it("tells the status of all members", async () => {
    await using cluster = await startFakeCluster(2);
    await using client = await connect(cluster.addressOf("n2"));
    const status = await client.admin.status();
    expect(status).toMatchObject({ clusterId: "c0ffee", leader: "n1", term: 1 });
    expect(status.members.map(({ id, role }) => `${id} ${role}`)).toEqual([
      "n1 leader",
      "n2 follower",
    ]);
  });

  it("gives up after maxElapsedMs with the reason that it met", async () => {
    await using cluster = await startFakeCluster(1);
    const endpoints = cluster.addressOf("n1");
    await using client = await connect({ endpoints, retry: { maxElapsedMs: 100 } });
    const node = cluster.node("n1");
    node.leaderId = undefined;
    const producer = client.producer();
    await expect(producer.append({ value: Buffer.from("a") })).rejects.toMatchObject({
      code: "NO_QUORUM",
      outcome: "failed",
      message: expect.stringContaining("no leader is known"),
    });
  });

  it("answers CLOSED after it was closed, and to what is under way", async () => {
    await using cluster = await startFakeCluster(1);
    const client = await connect(cluster.addressOf("n1"));
    const tail = client.tail({ from: "end" });
    const reading = (async () => {
      for await (const _ of tail);
    })();
    const told = reading.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    await until(() => cluster.node("n1").waiting === 1);
    await client.close();
    expect(await told).toMatchObject({ code: "CLOSED" });
    expect(() => client.producer()).toThrow("the client is closed");
    await expect(client.offsets()).rejects.toMatchObject({ code: "CLOSED" });
  });
});
