import { createServer } from "node:net";
import { connect as connectHttp2 } from "node:http2";
import { loadPackageDefinition, credentials } from "@grpc/grpc-js";
import { service as healthService } from "grpc-health-check";
import { describe, expect, it } from "vitest";
import { LogIndex } from "../../src/common/brand.ts";
import { FatalError } from "../../src/common/fatal-error.ts";
import { startService } from "../../src/service/server.ts";
import { startFakeCluster } from "../support/fake-cluster.ts";
import { FakeNode } from "../support/fake-node.ts";
import { answerOf, RawLogClient } from "../support/raw-log-client.ts";
import { until } from "../support/until.ts";

describe("Status", () => {
  it("tells of one node", async () => {
    await using cluster = await startFakeCluster(2);
    using log = new RawLogClient(cluster.addressOf("n2"));
    const { nodes } = answerOf(await log.call("Status", { cluster: false }));
    expect(nodes).toHaveLength(1);
    expect(nodes[0]).toMatchObject({
      nodeId: "n2",
      role: "follower",
      leaderId: "n1",
      term: 1,
      clientAddress: cluster.addressOf("n2"),
      version: "test",
      uptimeMs: 1234,
      error: "",
    });
  });

  it("tells of the cluster; a stopped member is down, and the reason is told", async () => {
    await using cluster = await startFakeCluster(3);
    using log = new RawLogClient(cluster.addressOf("n2"));
    await cluster.services[2]?.close();
    const { nodes } = answerOf(await log.call("Status", { cluster: true }));
    expect(nodes.map(({ nodeId, role }) => `${nodeId} ${role}`)).toEqual([
      "n1 leader",
      "n2 follower",
      "n3 down",
    ]);
    expect(nodes[2]?.error).toMatch(/connect|refused|ECONNREFUSED/i);
  });

  it("does not wait for a member that accepts and says nothing, as a paused one does", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await until(() => silent.listening);
    const bound = silent.address() as { port: number };
    const node = new FakeNode("n1");
    const members = new Map([["n2", `127.0.0.1:${bound.port}`]]);
    const service = await startService({ node, listen: "127.0.0.1:0", members, version: "test" });
    using log = new RawLogClient(service.address);
    const { nodes } = answerOf(await log.call("Status", { cluster: true }));
    expect(nodes[1]).toMatchObject({ nodeId: "n2", role: "down" });
    expect(nodes[1]?.error).toContain("no answer within 1000 ms");
    await service.close();
    silent.close();
  });
});

describe("Status of the log's life", () => {
  it("tells the snapshot and what is on its way", async () => {
    await using cluster = await startFakeCluster(1);
    cluster.node("n1").lifecycle.snapshot = {
      ...{ index: LogIndex(12), checkpoints: [], damaged: [] },
      transfers: [{ peer: "n3", direction: "sending", bytes: 61, totalBytes: 100 }],
    };
    using log = new RawLogClient(cluster.addressOf("n1"));
    const { nodes } = answerOf(await log.call("Status", { cluster: false }));
    expect(nodes[0]).toMatchObject({
      snapshotIndex: 12,
      transfers: [{ nodeId: "n3", direction: "sending", bytes: 61, totalBytes: 100 }],
    });
  });
});

describe("Health", () => {
  const check = (log: RawLogClient, service: string): Promise<unknown> => {
    const method = healthService["Check"] as unknown as {
      path: string;
      requestSerialize: (value: object) => Buffer;
      responseDeserialize: (bytes: Buffer) => { status: string };
    };
    return new Promise((resolve) => {
      log.client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        { service },
        (failed, answer) => resolve(failed === null ? answer?.status : failed.code),
      );
    });
  };

  it("follows the node, for the server and for the log", async () => {
    await using cluster = await startFakeCluster(1);
    using log = new RawLogClient(cluster.addressOf("n1"));
    expect(await check(log, "")).toBe("SERVING");
    expect(await check(log, "balsa.log.v1.Log")).toBe("SERVING");
    cluster.node("n1").healthy = false;
    cluster.node("n1").changed();
    expect(await check(log, "balsa.log.v1.Log")).toBe("NOT_SERVING");
    expect(await check(log, "another")).toBe(5);
  });
});

describe("The port", () => {
  it("serves reflection of both public files", async () => {
    await using cluster = await startFakeCluster(1);
    const { loadSync } = await import("@grpc/proto-loader");
    const proto = "node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto";
    const loaded = loadPackageDefinition(loadSync(proto)) as unknown as {
      grpc: {
        reflection: { v1: { ServerReflection: new (...args: unknown[]) => ReflectionClient } };
      };
    };
    const client = new loaded.grpc.reflection.v1.ServerReflection(
      cluster.addressOf("n1"),
      credentials.createInsecure(),
    );
    const ask = (request: object): Promise<unknown> => {
      const call = client.ServerReflectionInfo();
      const answer = new Promise<unknown>((resolve) => call.on("data", resolve));
      call.write(request);
      return answer.finally(() => call.end());
    };
    const names = JSON.stringify(await ask({ listServices: "" }));
    for (const name of ["balsa.log.v1.Log", "balsa.admin.v1.Admin"]) {
      expect(names).toContain(`"${name}"`);
      // What grpcurl asks next; the descriptor must name the methods.
      const file = JSON.stringify(await ask({ fileContainingSymbol: name }), (_key, value) =>
        value?.type === "Buffer" ? Buffer.from(value.data).toString("latin1") : value,
      );
      expect(file).toContain(name === "balsa.log.v1.Log" ? "AppendStream" : "ChangeSettings");
    }
    expect(names).not.toContain("balsa.raft");
    client.close();
  });

  it("is refused with one clear line when it is taken", async () => {
    await using cluster = await startFakeCluster(1);
    const listen = cluster.addressOf("n1");
    const node = new FakeNode("n9");
    const starting = startService({ node, listen, members: new Map(), version: "test" });
    await expect(starting).rejects.toThrow(FatalError);
    await expect(
      startService({ node, listen, members: new Map(), version: "test" }),
    ).rejects.toThrow(`cannot listen for clients on ${listen}`);
    expect(node.listeners).toBe(0);
  });

  it("is on loopback when no host is given", async () => {
    const node = new FakeNode("n1");
    const service = await startService({ node, listen: ":0", members: new Map(), version: "test" });
    expect(service.address).toMatch(/^127\.0\.0\.1:\d+$/);
    await service.close();
  });

  it("survives a peer that speaks HTTP/2 and nonsense", async () => {
    await using cluster = await startFakeCluster(1);
    const session = connectHttp2(`http://${cluster.addressOf("n1")}`);
    session.on("error", () => undefined);
    for (const body of [Buffer.alloc(5, 0xff), Buffer.from([0, 0, 0, 0, 9, 1]), Buffer.alloc(0)]) {
      const stream = session.request({
        ":method": "POST",
        ":path": "/balsa.log.v1.Log/Append",
        "content-type": "application/grpc",
        te: "trailers",
      });
      stream.on("error", () => undefined);
      const closed = new Promise((resolve) => stream.on("close", resolve));
      stream.resume();
      stream.end(body);
      await closed;
    }
    session.destroy();
    using log = new RawLogClient(cluster.addressOf("n1"));
    expect(answerOf(await log.call("Status", { cluster: false })).nodes).toHaveLength(1);
  });
});

interface ReflectionClient {
  ServerReflectionInfo(): {
    on(event: "data", listener: (answer: unknown) => void): void;
    write(request: object): void;
    end(): void;
  };
  close(): void;
}
