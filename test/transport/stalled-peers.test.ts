import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
} from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/common/random.ts";
import { FatalError } from "../../src/common/fatal-error.ts";
import { MAX_BACKOFF_MS, OPEN_TIMEOUT_MS } from "../../src/transport/grpc-channel-options.ts";
import { GrpcPeerTransport } from "../../src/transport/grpc-peer-transport.ts";
import { writeIdentity } from "../../src/transport/identity-metadata.ts";
import { raftService } from "../../src/wire/protos.ts";
import { ManualScheduler } from "./manual-scheduler.ts";
import { alone, appendEntries, appendResult, identityOf, requestVote, TestPeers } from "./peers.ts";
import { RecordingHandler } from "./recording-handler.ts";

/** A member that opens its ears and never listens: it says who it is and reads nothing. */
async function startDeafNode(nodeId: string) {
  const server = new Server();
  let opened: () => void = () => undefined;
  const stream = new Promise<void>((resolve) => (opened = resolve));
  const unanswered = (): void => undefined;
  server.addService(
    { ...raftService() },
    {
      AppendEntries: (call: ServerDuplexStream<unknown, unknown>) => {
        call.sendMetadata(writeIdentity(identityOf(nodeId)));
        opened();
      },
      RequestVote: unanswered,
      ReadIndex: unanswered,
      Meet: unanswered,
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return { address: `127.0.0.1:${port}`, stream, stop: () => server.forceShutdown() };
}

/** Accepts connections and never says a word. */
async function startSilentSocket() {
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    socket.on("error", () => undefined);
    sockets.push(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const stop = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { address: `127.0.0.1:${port}`, connected: () => once(server, "connection"), stop };
}

describe("a follower that stops reading", () => {
  it("loses its stream before it costs more than a window", async () => {
    const deaf = await startDeafNode("n2");
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    peers.addresses.set("n2", deaf.address);
    n1.transport.send("n2", alone(appendEntries("n1", 0)));
    await n1.handler.until(() => n1.handler.streams.length === 1);
    const frames = [Buffer.alloc(1 << 20)];
    for (let i = 0; i < 64; i++)
      n1.transport.send("n2", { message: appendEntries("n1", 0), frames, prevChain: 0 });
    await n1.handler.until(() => n1.handler.streams.length === 2);
    expect(n1.handler.streams).toEqual(["+n2", "-n2"]);
    deaf.stop();
  });
});

describe("a leader that does not read its results", () => {
  it("loses its stream", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n2 = await peers.start("n2");
    const client = new Client(n2.transport.address ?? "", credentials.createInsecure());
    const { path, requestSerialize, responseDeserialize } = raftService().AppendEntries;
    const metadata = writeIdentity(identityOf("n1"));
    const call = client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      metadata,
    );
    call.on("error", () => undefined);
    await n2.handler.until(() => n2.handler.streams.length === 1);
    for (let i = 0; n2.handler.streams.length === 1 && i < 1_000_000; i++) {
      n2.transport.send("n1", alone(appendResult(i)));
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(n2.handler.streams).toEqual(["+n1", "-n1"]);
    client.close();
  });
});

describe("a member that accepts connections and is silent", () => {
  it("does not collect them, however long it takes", async () => {
    const silent = await startSilentSocket();
    const time = new ManualScheduler();
    const [n1, n2] = await startWithManualTime(time, new Map([["n3", silent.address]]));
    for (let attempt = 0; attempt < 10; attempt++) {
      const connected = silent.connected();
      n1.transport.send("n3", alone(appendEntries("n1", 0)));
      const [socket] = (await connected) as [net.Socket];
      // Its first bytes say that the client has begun to speak HTTP/2.
      await once(socket, "data");
      const closed = once(socket, "close");
      time.advance(OPEN_TIMEOUT_MS);
      time.advance(MAX_BACKOFF_MS);
      await closed;
    }
    expect(n1.handler.streams).toEqual([]);
    await Promise.all([n1.transport.close(), n2.transport.close()]);
    silent.stop();
  });
});

describe("closing", () => {
  it("does not wait for a peer that hangs, in whatever state", async () => {
    const silent = await startSilentSocket();
    const deaf = await startDeafNode("n3");
    await using peers = new TestPeers("n1", "n2", "n3");
    const n1 = await peers.start("n1");
    peers.addresses.set("n2", silent.address).set("n3", deaf.address);
    const connected = silent.connected();
    const ours = { identity: identityOf("n1"), voters: [], formed: true };
    const meetings = ["n2", "n3"].map((peer) => n1.transport.meet(peer, ours, 3_600_000));
    for (const to of ["n2", "n3"]) {
      n1.transport.send(to, alone(requestVote("n1", 3)));
      n1.transport.send(to, alone(appendEntries("n1", 0)));
    }
    await connected;
    await deaf.stream;
    await peers.stop(n1);
    for (const meeting of meetings) await expect(meeting).rejects.toThrow(/./);
    await n1.transport.close();
    silent.stop();
    deaf.stop();
  });

  it("frees the port for the next start", async () => {
    await using peers = new TestPeers("n1", "n2");
    const first = await peers.start("n1");
    const n2 = await peers.start("n2");
    n2.transport.send("n1", alone(appendEntries("n2", 0)));
    await first.handler.until(() => first.handler.messages.length === 1);
    const listen = first.transport.address ?? "";
    await peers.stop(first);
    const second = await peers.start("n1", { listen });
    expect(second.transport.address).toBe(listen);
  });

  it("is quiet about what is sent afterwards", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    await peers.stop(n1);
    n1.transport.send("n2", alone(appendEntries("n1", 0)));
    n1.transport.closeStreams();
    const ours = { identity: identityOf("n1"), voters: [], formed: true };
    await expect(n1.transport.meet("n2", ours, 10)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(n1.handler.streams).toEqual([]);
  });
});

/** Two transports whose timers fire only when the test says so. */
async function startWithManualTime(time: ManualScheduler, others = new Map<string, string>()) {
  const peers = new Map([...others, ["n1", ""], ["n2", ""]]);
  const start = async (nodeId: string) => {
    const handler = new RecordingHandler(identityOf(nodeId));
    const transport = new GrpcPeerTransport({
      nodeId,
      listen: "127.0.0.1:0",
      peers,
      clock: time,
      scheduler: time,
      random: seededRandom(1),
    });
    await transport.start(handler);
    peers.set(nodeId, transport.address ?? "");
    return { transport, handler };
  };
  return [await start("n1"), await start("n2")] as const;
}

describe("a call that is never answered", () => {
  it("is given up, on both sides", async () => {
    const time = new ManualScheduler();
    const [n1, n2] = await startWithManualTime(time);
    n1.transport.send("n2", alone(requestVote("n1", 3)));
    await n2.handler.until(() => n2.handler.messages.length === 1);
    expect(time.timers, "one at each end").toBe(2);
    time.advance(5000);
    expect(time.timers).toBe(0);
    await Promise.all([n1.transport.close(), n2.transport.close()]);
    expect(n1.handler.messages).toEqual([]);
  });
});

describe("a client that will not let go", () => {
  it("does not delay the end by a request that it never finishes", async () => {
    const time = new ManualScheduler();
    const [n1, n2] = await startWithManualTime(time);
    const session = http2.connect(`http://${n1.transport.address}`);
    session.on("error", () => undefined);
    const headers = { ":method": "POST", ":path": "/balsa.raft.v1.Raft/Meet" };
    const request = session.request({ ...headers, "content-type": "application/grpc" });
    request.on("error", () => undefined);
    request.write("half");
    await once(session, "remoteSettings");
    await n1.transport.close();
    await n2.transport.close();
    session.destroy();
  });

  it("does not delay the end by its open stream", async () => {
    const time = new ManualScheduler();
    const [n1, n2] = await startWithManualTime(time);
    n1.transport.send("n2", alone(appendEntries("n1", 0)));
    await n2.handler.until(() => n2.handler.messages.length === 1);
    // No timer can fire: it has to end by itself.
    await n2.transport.close();
    await n1.transport.close();
    expect(time.timers).toBe(0);
  });
});

describe("an address that cannot be listened on", () => {
  it("is named when another program has it", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const listen = n1.transport.address ?? "";
    const second = peers.start("n2", { listen });
    await expect(second).rejects.toThrow(
      `${listen} is already in use: stop the program that listens there, or choose another port`,
    );
    await expect(second).rejects.toMatchObject({ kind: "io", exitCode: 6 });
  });

  it.each(["192.0.2.1:7201", "no-such-host.invalid:7201", "127.0.0.1:99999", "127.0.0.1"])(
    "is named when it cannot be one of this machine: %s",
    async (listen) => {
      await using peers = new TestPeers("n1", "n2");
      const failed = await peers.start("n1", { listen }).catch((thrown: unknown) => thrown);
      expect(failed).toBeInstanceOf(FatalError);
      expect((failed as FatalError).kind).toBe("config");
      expect((failed as FatalError).message).toContain(listen);
    },
  );
});
