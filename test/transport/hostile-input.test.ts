import http2 from "node:http2";
import net from "node:net";
import { gzipSync } from "node:zlib";
import { Client, credentials, status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { MAX_MESSAGE_BYTES } from "../../src/common/limits.ts";
import { seededRandom } from "../../src/common/random.ts";
import { encodeAppendEntries } from "../../src/transport/append-entries-codec.ts";
import { writeIdentity } from "../../src/transport/identity-metadata.ts";
import {
  alone,
  appendEntries,
  identityOf,
  requestVote,
  type TestPeer,
  TestPeers,
  voteResult,
} from "./peers.ts";

const PATH = "/balsa.raft.v1.Raft/";
const varint = (value: bigint): number[] =>
  value < 0x80n ? [Number(value)] : [Number(value & 0x7fn) | 0x80, ...varint(value >> 7n)];

/** Sends bytes where a message should be; how the stream ended, and what it said. */
async function sendBytes(address: string, method: string, ...messages: readonly Buffer[]) {
  const client = new Client(address, credentials.createInsecure(), {
    "grpc.max_send_message_length": -1,
  });
  const identity = (bytes: Buffer): Buffer => bytes;
  const metadata = writeIdentity(identityOf("n1"));
  const call = client.makeBidiStreamRequest(`${PATH}${method}`, identity, identity, metadata);
  call.on("data", () => undefined);
  call.on("error", () => undefined);
  for (const message of messages) call.write(message);
  if (method !== "AppendEntries") call.end();
  return new Promise<{ code: number; details: string }>((resolve) => {
    call.on("status", ({ code, details }) => {
      client.close();
      resolve({ code, details });
    });
  });
}

/** One HTTP/2 request with a body of our own making; resolves with the gRPC status. */
async function sendBody(address: string, headers: object, body: Buffer): Promise<string> {
  const session = http2.connect(`http://${address}`);
  session.on("error", () => undefined);
  const metadata = writeIdentity(identityOf("n1")).toHttp2Headers();
  const request = session.request({
    ":method": "POST",
    ":path": `${PATH}AppendEntries`,
    "content-type": "application/grpc",
    te: "trailers",
    ...metadata,
    ...headers,
  });
  return new Promise((resolve) => {
    let grpcStatus = "none";
    const note = (received: http2.IncomingHttpHeaders): void => {
      grpcStatus = String(received["grpc-status"] ?? grpcStatus);
    };
    request.on("response", note);
    request.on("trailers", note);
    request.on("error", () => undefined);
    request.on("close", () => {
      session.destroy();
      resolve(grpcStatus);
    });
    request.resume();
    request.end(body);
  });
}

function grpcFrame(message: Buffer, compressed = 0, length = message.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

/** The node is alive and serves those who behave. */
async function expectServing(peers: TestPeers, victim: TestPeer): Promise<void> {
  const other = await peers.start("n3");
  victim.handler.onReceived = () => victim.transport.send("n3", alone(voteResult(9)));
  other.transport.send(victim.nodeId, alone(requestVote("n3", 9)));
  await other.handler.until(() => other.handler.messages.length === 1);
}

describe("malformed messages", () => {
  it.each([
    ["bytes that are no protobuf", Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1])],
    ["a group", Buffer.alloc(10_000, 0x0b)],
    ["a term of 2^53", Buffer.from([0x08, ...varint(2n ** 53n)])],
    ["a term of 2^64 - 1", Buffer.from([0x08, ...varint(2n ** 64n - 1n)])],
    ["an endless number", Buffer.alloc(64, 0xff)],
    ["frames that are cut off", Buffer.from([0x12, 2, 0x6e, 0x31, 0x42, 0x7f, 1, 2])],
    ["another's name", encodeAppendEntries(appendEntries("n3", 0), [], 0)],
    ["no name", Buffer.alloc(0)],
  ])("end the stream with INVALID_ARGUMENT: %s", async (_what, bytes) => {
    await using peers = new TestPeers("n1", "n2", "n3");
    const n2 = await peers.start("n2");
    const good = encodeAppendEntries(appendEntries("n1", 0), [], 0);
    const ended = await sendBytes(n2.transport.address ?? "", "AppendEntries", good, bytes, good);
    expect(ended.code).toBe(status.INVALID_ARGUMENT);
    expect(ended.details).not.toMatch(/offset|range|index out/i);
    expect(n2.handler.messages).toHaveLength(1);
    await n2.handler.until(() => n2.handler.streams.length === 2);
    expect(n2.handler.streams).toEqual(["+n1", "-n1"]);
    await expectServing(peers, n2);
  });

  it.each(["RequestVote", "ReadIndex", "Meet"])("are refused by %s", async (method) => {
    await using peers = new TestPeers("n1", "n2", "n3");
    const n2 = await peers.start("n2");
    const { code } = await sendBytes(n2.transport.address ?? "", method, Buffer.alloc(64, 0xff));
    expect(code).toBe(status.INVALID_ARGUMENT);
    expect(n2.handler.messages).toEqual([]);
  });

  it("of random mutations never reach further than a message or an error", async () => {
    await using peers = new TestPeers("n1", "n2", "n3");
    const n2 = await peers.start("n2");
    const random = seededRandom(7);
    const good = encodeAppendEntries(appendEntries("n1", 300), [Buffer.alloc(64, 3)], 5);
    for (let round = 0; round < 100; round++) {
      const bad = Buffer.from(good);
      for (let flips = 0; flips < 3; flips++)
        bad.writeUInt8(Math.floor(random.next() * 256), Math.floor(random.next() * bad.length));
      const stop = Buffer.from([0xff]);
      const { code } = await sendBytes(n2.transport.address ?? "", "AppendEntries", bad, stop);
      expect(code).toBe(status.INVALID_ARGUMENT);
    }
    for (const { message } of n2.handler.messages) {
      expect(message.message.type).toBe("AppendEntries");
      if (message.message.type === "AppendEntries")
        expect(Number.isSafeInteger(message.message.term)).toBe(true);
    }
    await expectServing(peers, n2);
  });
});

describe("messages over the limit", () => {
  it("end the stream before they are gathered", async () => {
    await using peers = new TestPeers("n1", "n2", "n3");
    const n2 = await peers.start("n2");
    const big = Buffer.alloc(MAX_MESSAGE_BYTES + 1);
    const { code } = await sendBytes(n2.transport.address ?? "", "AppendEntries", big);
    expect(code).toBe(status.RESOURCE_EXHAUSTED);
    expect(n2.handler.messages).toEqual([]);
    await expectServing(peers, n2);
  });

  it("are refused by the length they claim", async () => {
    await using peers = new TestPeers("n1", "n2", "n3");
    const n2 = await peers.start("n2");
    const claim = grpcFrame(Buffer.alloc(10), 0, 0xffff_ffff);
    expect(await sendBody(n2.transport.address ?? "", {}, claim)).toBe(
      String(status.RESOURCE_EXHAUSTED),
    );
    await expectServing(peers, n2);
  });

  it("are not inflated past it", async () => {
    await using peers = new TestPeers("n1", "n2", "n3");
    const n2 = await peers.start("n2");
    const bomb = grpcFrame(gzipSync(Buffer.alloc(64 << 20)), 1);
    const grpcStatus = await sendBody(
      n2.transport.address ?? "",
      { "grpc-encoding": "gzip" },
      bomb,
    );
    expect(grpcStatus).toBe(String(status.RESOURCE_EXHAUSTED));
    expect(n2.handler.messages).toEqual([]);
    await expectServing(peers, n2);
  });
});

describe("connections that are no gRPC", () => {
  it.each([
    ["HTTP/1", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
    ["noise", Buffer.alloc(4096, 0xa5)],
    [
      "an HTTP/2 preface and then noise",
      Buffer.from(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${"x".repeat(99)}`),
    ],
  ])("are hung up on: %s", async (_what, bytes) => {
    await using peers = new TestPeers("n1", "n2", "n3");
    const n2 = await peers.start("n2");
    const [host, port] = (n2.transport.address ?? "").split(":");
    await new Promise<void>((resolve) => {
      const socket = net.connect(Number(port), host, () => socket.write(bytes));
      socket.on("error", () => undefined);
      socket.on("close", () => resolve());
      socket.resume();
    });
    await expectServing(peers, n2);
  });
});
