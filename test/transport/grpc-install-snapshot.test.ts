import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { LogError } from "../../src/common/errors.ts";
import { SNAPSHOT_CHUNK_BYTES, SNAPSHOT_WINDOW_BYTES } from "../../src/common/limits.ts";
import { writeIdentity } from "../../src/transport/identity-metadata.ts";
import { toInstallSnapshotRequest } from "../../src/transport/install-snapshot-codec.ts";
import type { SnapshotRequest } from "../../src/transport/snapshot-transfer.ts";
import { raftService } from "../../src/wire/protos.ts";
import { until } from "../support/until.ts";
import { identityOf, TestPeers } from "./peers.ts";
import { gate, MemorySource, MemoryStaging, offerOf } from "./snapshot-ends.ts";

const LARGE = Buffer.from(
  Uint8Array.from({ length: 3 * SNAPSHOT_WINDOW_BYTES + 12_345 }, (_, at) => (at * 7) ^ (at >> 9)),
);
const SMALL = LARGE.subarray(0, 1000);
const never = new AbortController().signal;

async function twoNodes(peers: TestPeers) {
  const n1 = await peers.start("n1");
  const n2 = await peers.start("n2");
  const staging = new MemoryStaging();
  staging.attach(n2.handler);
  return { n1, n2, staging };
}

async function codeOf(failing: Promise<unknown>): Promise<string> {
  const thrown = await failing.then(
    () => new Error("it did not fail"),
    (error: unknown) => error,
  );
  return thrown instanceof LogError ? thrown.code : String(thrown);
}

/** Says on a stream of its own what no sender of ours would; how the stream ended. */
async function say(
  address: string,
  requests: readonly SnapshotRequest[],
  identity: Metadata = writeIdentity(identityOf("n1")),
): Promise<{ readonly code: number; readonly details: string }> {
  const { path, requestSerialize, responseDeserialize } = raftService().InstallSnapshot;
  const client = new Client(address, credentials.createInsecure());
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, identity);
  call.on("data", () => undefined);
  call.on("error", () => undefined);
  for (const request of requests) call.write(toInstallSnapshotRequest(request));
  return new Promise((resolve) => {
    call.on("status", ({ code, details }) => {
      client.close();
      resolve({ code, details });
    });
  });
}

function chunk(position: number, bytes: Uint8Array): SnapshotRequest {
  return { kind: "chunk", position, bytes, crc32: crc32(bytes) };
}

describe("a snapshot", () => {
  it.each([
    ["of one byte", SMALL.subarray(0, 1)],
    ["of several windows", LARGE],
  ])("%s arrives whole, and the sender hears how far it is", async (_what, content) => {
    await using peers = new TestPeers("n1", "n2");
    const { n1, staging } = await twoNodes(peers);
    const source = new MemorySource(content);
    await n1.transport.installSnapshot("n2", source, never);
    expect(staging.content.equals(content)).toBe(true);
    expect(staging).toMatchObject({ finished: 1, abandoned: 0 });
    expect(source.progress[0]).toBe(0);
    expect(source.progress.at(-1)).toBe(content.length);
  });

  it("goes on behind what is staged after its stream broke", async () => {
    await using peers = new TestPeers("n1", "n2");
    const { n1, n2, staging } = await twoNodes(peers);
    const broken = new AbortController();
    staging.beforeWrite = (position) => {
      if (position >= 5 * SNAPSHOT_CHUNK_BYTES) broken.abort();
      return Promise.resolve();
    };
    const first = n1.transport.installSnapshot("n2", new MemorySource(LARGE), broken.signal);
    expect(await codeOf(first)).toBe("ABORTED");
    await until(() => staging.abandoned === 1);
    const staged = staging.content.length;
    expect(staged).toBeGreaterThanOrEqual(5 * SNAPSHOT_CHUNK_BYTES);
    expect(staged).toBeLessThan(LARGE.length);
    staging.beforeWrite = () => Promise.resolve();
    const source = new MemorySource(LARGE);
    await n1.transport.installSnapshot("n2", source, never);
    expect(Math.min(...source.positions)).toBe(staged);
    expect(staging.content.equals(LARGE)).toBe(true);
    expect(n2.handler.messages).toEqual([]);
  });

  it("begins anew when it is another one that is staged", async () => {
    await using peers = new TestPeers("n1", "n2");
    const { n1, staging } = await twoNodes(peers);
    staging.content = Buffer.from("of another snapshot");
    staging.hash = "0".repeat(64);
    await n1.transport.installSnapshot("n2", new MemorySource(LARGE), never);
    expect(staging.content.equals(LARGE)).toBe(true);
  });

  it("that is staged as a whole is finished without a byte", async () => {
    await using peers = new TestPeers("n1", "n2");
    const { n1, staging } = await twoNodes(peers);
    await n1.transport.installSnapshot("n2", new MemorySource(LARGE), never);
    const source = new MemorySource(LARGE);
    await n1.transport.installSnapshot("n2", source, never);
    expect(source.positions).toEqual([]);
    expect(staging.finished).toBe(2);
  });

  it("of another content than its hash is refused at the end", async () => {
    await using peers = new TestPeers("n1", "n2");
    const { n1, staging } = await twoNodes(peers);
    const source = new MemorySource(LARGE);
    source.spoil = (position, bytes) =>
      position === 0 ? Uint8Array.from(bytes, (byte) => byte ^ 1) : bytes;
    expect(await codeOf(n1.transport.installSnapshot("n2", source, never))).toBe("CORRUPT");
    expect(staging).toMatchObject({ hash: undefined, finished: 0, abandoned: 1 });
  });

  it("has a window on its way and no more while the receiver is slow", async () => {
    await using peers = new TestPeers("n1", "n2");
    const { n1, staging } = await twoNodes(peers);
    const slow = gate();
    staging.beforeWrite = () => slow.passed;
    const source = new MemorySource(LARGE);
    const sent = n1.transport.installSnapshot("n2", source, never);
    await until(() => source.positions.length === SNAPSHOT_WINDOW_BYTES / SNAPSHOT_CHUNK_BYTES);
    await until(() => staging.waiting === 1);
    expect(source.progress).toEqual([0]);
    slow.open();
    await sent;
    expect(staging.content.equals(LARGE)).toBe(true);
  });

  it("that can no longer be read ends the transfer with the reason", async () => {
    await using peers = new TestPeers("n1", "n2");
    const { n1, staging } = await twoNodes(peers);
    const source = new MemorySource(LARGE);
    source.spoil = () => {
      throw new LogError("CORRUPT", "the file is damaged");
    };
    expect(await codeOf(n1.transport.installSnapshot("n2", source, never))).toBe("CORRUPT");
    expect(staging.finished).toBe(0);
  });

  it.each(["STORAGE_FULL", "BACKPRESSURE", "UNAVAILABLE"] as const)(
    "that the receiver does not take is refused with its reason: %s",
    async (code) => {
      await using peers = new TestPeers("n1", "n2");
      const { n1, n2 } = await twoNodes(peers);
      n2.handler.sinkOf = () => Promise.reject(new LogError(code, "not now"));
      expect(await codeOf(n1.transport.installSnapshot("n2", new MemorySource(SMALL), never))).toBe(
        code,
      );
    },
  );

  it("goes to nobody who is down, unknown or ourselves", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    for (const to of ["n1", "n2", "n9"])
      expect(await codeOf(n1.transport.installSnapshot(to, new MemorySource(SMALL), never))).toBe(
        "UNAVAILABLE",
      );
  });

  it("is not begun when it is given up before", async () => {
    await using peers = new TestPeers("n1", "n2");
    const { n1 } = await twoNodes(peers);
    const source = new MemorySource(SMALL);
    expect(await codeOf(n1.transport.installSnapshot("n2", source, AbortSignal.abort()))).toBe(
      "ABORTED",
    );
    expect(source.positions).toEqual([]);
  });

  it("ends when either node closes", async () => {
    for (const closing of ["n1", "n2"] as const) {
      await using peers = new TestPeers("n1", "n2");
      const nodes = await twoNodes(peers);
      const slow = gate();
      nodes.staging.beforeWrite = () => slow.passed;
      const sent = codeOf(nodes.n1.transport.installSnapshot("n2", new MemorySource(LARGE), never));
      await until(() => nodes.staging.waiting === 1);
      await peers.stop(nodes[closing]);
      expect(["UNAVAILABLE", "CLOSED", "ABORTED"]).toContain(await sent);
      slow.open();
    }
  });

  it("is not offered to a node that may not answer", async () => {
    await using peers = new TestPeers("n1", "n2");
    const { n1, n2 } = await twoNodes(peers);
    n1.handler.refusal = "it belongs to another cluster";
    const source = new MemorySource(SMALL);
    expect(await codeOf(n1.transport.installSnapshot("n2", source, never))).toBe("UNAVAILABLE");
    n1.handler.refusal = undefined;
    n2.handler.refusal = "it belongs to another cluster";
    expect(await codeOf(n1.transport.installSnapshot("n2", source, never))).toMatch(/./);
    expect(source.positions).toEqual([]);
  });
});

describe("a follower that gives its leader what it lacks", () => {
  it("offers it in the name of its leader, which is the receiver", async () => {
    await using peers = new TestPeers("n1", "n2");
    const [n1, n2] = [await peers.start("n1"), await peers.start("n2")];
    const staging = new MemoryStaging();
    staging.attach(n2.handler);
    const source = new MemorySource(SMALL, offerOf(SMALL, "n2"));
    await n1.transport.installSnapshot("n2", source, never);
    expect(staging.content.equals(SMALL)).toBe(true);
  });
});

describe("a sender that makes no sense", () => {
  const offer: SnapshotRequest = { kind: "offer", offer: offerOf(SMALL) };
  const wrongCrc: SnapshotRequest = { ...chunk(0, SMALL.subarray(0, 9)), crc32: 1 } as never;
  const offering = (wrong: object): SnapshotRequest => ({
    kind: "offer",
    offer: { ...offerOf(SMALL), ...wrong },
  });

  it.each<[string, readonly SnapshotRequest[]]>([
    ["a chunk before the offer", [chunk(0, SMALL)]],
    ["two offers", [offer, offer]],
    ["a chunk that leaves a gap", [offer, chunk(1, SMALL.subarray(1, 9))]],
    ["a chunk that comes twice", [offer, chunk(0, SMALL.subarray(0, 9)), chunk(0, SMALL)]],
    ["a chunk beyond the end", [offer, chunk(0, LARGE.subarray(0, 1001))]],
    ["an empty chunk", [offer, chunk(0, SMALL.subarray(0, 0))]],
    ["an oversized chunk", [offer, chunk(0, LARGE.subarray(0, SNAPSHOT_CHUNK_BYTES + 1))]],
    ["an offer in another's name", [offering({ leaderId: "n3" })]],
    ["an offer of nothing", [offering({ totalBytes: 0 })]],
    ["an offer of a petabyte", [offering({ totalBytes: 2 ** 50 })]],
    ["an offer without a hash", [offering({ hash: "" })]],
    ["an offer in term 0", [offering({ term: 0 })]],
    ["an offer of a later term's entry", [offering({ term: 1 })]],
  ])("is refused: %s", async (_what, requests) => {
    await using peers = new TestPeers("n1", "n2");
    const n2 = await peers.start("n2");
    const staging = new MemoryStaging();
    staging.attach(n2.handler);
    const ended = await say(n2.transport.address ?? "", requests);
    expect(ended.code).toBe(status.INVALID_ARGUMENT);
    expect(staging.finished).toBe(0);
    const n1 = await peers.start("n1");
    const proper = LARGE.subarray(0, 2 * SNAPSHOT_CHUNK_BYTES);
    await n1.transport.installSnapshot("n2", new MemorySource(proper), never);
    expect(staging.content.equals(proper)).toBe(true);
  });

  it("is refused for a chunk that was damaged on its way", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n2 = await peers.start("n2");
    new MemoryStaging().attach(n2.handler);
    const ended = await say(n2.transport.address ?? "", [offer, wrongCrc]);
    expect(ended.code).toBe(status.DATA_LOSS);
  });

  it("is refused when it sends more than a window ahead", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n2 = await peers.start("n2");
    const staging = new MemoryStaging();
    staging.attach(n2.handler);
    const slow = gate();
    staging.beforeWrite = () => slow.passed;
    const flood: SnapshotRequest[] = [{ kind: "offer", offer: offerOf(LARGE) }];
    for (let at = 0; at < 2 * SNAPSHOT_WINDOW_BYTES; at += SNAPSHOT_CHUNK_BYTES)
      flood.push(chunk(at, LARGE.subarray(at, at + SNAPSHOT_CHUNK_BYTES)));
    const ended = await say(n2.transport.address ?? "", flood);
    expect(ended.code).toBe(status.RESOURCE_EXHAUSTED);
    slow.open();
  });

  it("is not heard at all when it does not say who it is, or is a stranger", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n2 = await peers.start("n2");
    const staging = new MemoryStaging();
    staging.attach(n2.handler);
    const address = n2.transport.address ?? "";
    expect((await say(address, [offer], new Metadata())).code).toBe(status.INVALID_ARGUMENT);
    const stranger = writeIdentity(identityOf("n9"));
    expect((await say(address, [offer], stranger)).code).toBe(status.FAILED_PRECONDITION);
    n2.handler.refusal = "no";
    expect((await say(address, [offer])).code).toBe(status.FAILED_PRECONDITION);
    expect(staging.hash).toBeUndefined();
  });

  it("loses its stream to a newer one of the same node", async () => {
    await using peers = new TestPeers("n1", "n2");
    const { n1, n2, staging } = await twoNodes(peers);
    const slow = gate();
    staging.beforeWrite = () => slow.passed;
    const older = say(n2.transport.address ?? "", [offer, chunk(0, SMALL)]);
    await until(() => staging.waiting === 1);
    const newer = n1.transport.installSnapshot("n2", new MemorySource(LARGE), never);
    expect((await older).code).toBe(status.CANCELLED);
    slow.open();
    await newer;
    expect(staging.content.equals(LARGE)).toBe(true);
  });
});
