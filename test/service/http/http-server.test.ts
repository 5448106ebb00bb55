import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { FatalError } from "../../../src/common/fatal-error.ts";
import { type HttpService, startHttp } from "../../../src/service/http/http-server.ts";
import { FakeNode } from "../../support/fake-node.ts";

const FREE = "127.0.0.1:0";

interface Served extends AsyncDisposable {
  readonly node: FakeNode;
  readonly http: HttpService;
  get(path: string, method?: string): Promise<{ status: number; body: string; headers: Headers }>;
}

async function serve(listen = FREE): Promise<Served> {
  const node = new FakeNode("n1");
  node.lead(3);
  const http = await startHttp({ node }, listen);
  return {
    node,
    http,
    async get(path, method = "GET") {
      const response = await fetch(`http://${http.address}${path}`, { method });
      const { status, headers } = response;
      return { status, headers, body: await response.text() };
    },
    [Symbol.asyncDispose]: () => http.close(),
  };
}

/** Sends bytes as they are and answers all that comes back until the server hangs up. */
function raw(address: string, bytes: string): Promise<string> {
  const [host = "", port] = address.split(":");
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), host, () => socket.end(bytes));
    socket.on("data", (chunk) => (answer += chunk.toString()));
    socket.on("error", reject).on("close", () => resolve(answer));
  });
}

describe("the HTTP pages", () => {
  it("say that the process lives, whatever its peers do", async () => {
    await using served = await serve();
    served.node.healthy = false;
    expect(await served.get("/livez")).toMatchObject({ status: 200, body: "ok\n" });
  });

  it("say that it is ready, or why it is not", async () => {
    await using served = await serve();
    expect(await served.get("/readyz")).toMatchObject({ status: 200, body: "ok\n" });
    served.node.healthy = false;
    served.node.follow(undefined, 4);
    expect(await served.get("/readyz")).toMatchObject({
      ...{ status: 503, body: "no leader is known\n" },
    });
  });

  it("list themselves", async () => {
    await using served = await serve();
    const { status, body, headers } = await served.get("/");
    expect({ status, body }).toEqual({
      ...{ status: 200, body: "balsa node n1: /, /metrics, /livez, /readyz\n" },
    });
    expect(headers.get("content-length")).toBe(String(body.length));
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("tell metrics: what the node counts, and its status", async () => {
    await using served = await serve();
    served.node.families = [
      {
        ...{ name: "balsa_segment_rolls_total", help: "Segments begun.", kind: "counter" },
        samples: [{ name: "balsa_segment_rolls_total", labels: {}, value: 7 }],
      },
    ];
    const { status, body, headers } = await served.get("/metrics?anything=1");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(body).toContain("\nbalsa_segment_rolls_total 7\n");
    expect(body).toContain("\nbalsa_raft_is_leader 1\n");
  });

  it("are not found under other names, and say what there is", async () => {
    await using served = await serve();
    for (const path of ["/metricz", "/metrics/", "/%2e%2e/etc/passwd", "//livez", "/livez%00"]) {
      const { status, body } = await served.get(path);
      expect({ path, status }).toEqual({ path, status: 404 });
      expect(body).toContain("/metrics, /livez, /readyz");
    }
  });

  it("can be read and not written", async () => {
    await using served = await serve();
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const { status, headers } = await served.get("/metrics", method);
      expect({ method, status }).toEqual({ method, status: 405 });
      expect(headers.get("allow")).toBe("GET, HEAD");
    }
    expect(await served.get("/livez", "HEAD")).toMatchObject({ status: 200, body: "" });
  });

  it("cost one answer, not the node, when something cannot be told", async () => {
    await using served = await serve();
    served.node.metrics = () => {
      throw new Error("no such gauge");
    };
    const { status, body } = await served.get("/metrics");
    expect({ status, body }).toEqual({ status: 500, body: "cannot be told: no such gauge\n" });
    expect((await served.get("/livez")).status).toBe(200);
  });

  it("survive what is no HTTP", async () => {
    await using served = await serve();
    expect(await raw(served.http.address, "\0\x01 nonsense\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    expect((await served.get("/livez")).status).toBe(200);
  });
});

describe("the HTTP port", () => {
  it("is refused with one clear line when another program has it", async () => {
    await using served = await serve();
    const { address } = served.http;
    const again = startHttp({ node: served.node }, address);
    await expect(again).rejects.toThrow(
      `cannot serve metrics on ${address}: another program listens there`,
    );
    await expect(again).rejects.toMatchObject({ kind: "io" });
    await expect(again).rejects.toBeInstanceOf(FatalError);
  });

  it("is refused when the address is none of this machine's", async () => {
    const starting = startHttp({ node: new FakeNode("n1") }, "192.0.2.1:0");
    await expect(starting).rejects.toMatchObject({ kind: "config" });
  });

  it("is on loopback when no host is given", async () => {
    await using served = await serve(":0");
    expect(served.http.address).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it("closes although a client keeps its connection open", async () => {
    const served = await serve();
    const [host = "", port] = served.http.address.split(":");
    const socket = connect(Number(port), host);
    await new Promise((resolve) => socket.once("connect", resolve));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    await served.http.close();
    await closed;
  });
});
