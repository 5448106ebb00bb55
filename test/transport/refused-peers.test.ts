import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { writeIdentity } from "../../src/transport/identity-metadata.ts";
import { raftService } from "../../src/wire/protos.ts";
import { alone, appendEntries, identityOf, requestVote, TestPeers, voteResult } from "./peers.ts";

interface Ended {
  readonly code: number;
  readonly details: string;
}

/** Opens a bare AppendEntries stream and tells how it ended. */
async function openStream(address: string, metadata: Metadata): Promise<Ended> {
  const client = new Client(address, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = raftService().AppendEntries;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
  call.on("data", () => undefined);
  return new Promise((resolve) => {
    call.on("error", () => undefined);
    call.on("status", ({ code, details }) => {
      client.close();
      resolve({ code, details });
    });
  });
}

describe("a refused peer", () => {
  it("gets the reason, and nothing it says is passed on", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n2 = await peers.start("n2");
    n2.handler.refusal = "n1 belongs to another cluster (c9, not c1)";
    const ended = await openStream(n2.transport.address ?? "", writeIdentity(identityOf("n1")));
    expect(ended).toEqual({ code: status.FAILED_PRECONDITION, details: n2.handler.refusal });
    expect(n2.handler.streams).toEqual([]);
    expect(n2.handler.messages).toEqual([]);
  });

  it("is one that is not configured, whoever else would let it in", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n2 = await peers.start("n2");
    for (const stranger of ["n9", "n2", "constructor"]) {
      const ended = await openStream(
        n2.transport.address ?? "",
        writeIdentity(identityOf(stranger)),
      );
      expect(ended).toEqual({
        code: status.FAILED_PRECONDITION,
        details: `${stranger} is not a member`,
      });
    }
    expect(n2.handler.checked).toEqual([]);
  });

  it.each([
    ["no identity", {}],
    ["no disk", { "balsa-node-id": "n1", "balsa-incarnation": "1" }],
    [
      "a path for a name",
      { "balsa-node-id": "../n1", "balsa-disk-id": "d", "balsa-incarnation": "1" },
    ],
    [
      "a long name",
      { "balsa-node-id": "n".repeat(65), "balsa-disk-id": "d", "balsa-incarnation": "1" },
    ],
    ["an odd number", { "balsa-node-id": "n1", "balsa-disk-id": "d", "balsa-incarnation": "1e3" }],
    [
      "a huge number",
      { "balsa-node-id": "n1", "balsa-disk-id": "d", "balsa-incarnation": "9".repeat(16) },
    ],
  ])("is one with %s", async (_what, headers) => {
    await using peers = new TestPeers("n1", "n2");
    const n2 = await peers.start("n2");
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
    const ended = await openStream(n2.transport.address ?? "", metadata);
    expect(ended.code).toBe(status.INVALID_ARGUMENT);
    expect(n2.handler.checked).toEqual([]);
  });

  it("does not get in by a vote either", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    n2.handler.refusal = "no";
    n1.transport.send("n2", alone(requestVote("n1", 3)));
    await n2.handler.until(() => n2.handler.checked.length === 1);
    n2.handler.refusal = undefined;
    n1.transport.send("n2", alone(requestVote("n1", 4)));
    await n2.handler.until(() => n2.handler.messages.length === 1);
    expect(n2.handler.messages[0]?.message.message).toEqual(requestVote("n1", 4));
  });
});

describe("a peer that answers", () => {
  it("is not listened to when refused, and is not sent our frames", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    n1.handler.refusal = "another cluster";
    n2.handler.onReceived = (_from, { message }) => {
      if (message.type !== "RequestVote") return;
      n2.transport.send("n1", alone(voteResult(3, true, message.preVote)));
    };
    n1.transport.send("n2", alone(appendEntries("n1", 0)));
    await n1.handler.until(() => n1.handler.checked.length === 1);
    await n2.handler.until(() => n2.handler.streams.length === 2);
    n1.transport.send("n2", alone(requestVote("n1", 3)));
    await n1.handler.until(() => n1.handler.checked.length === 2);
    n1.handler.refusal = undefined;
    // Answers of one connection come in order: after this one the refused one has come too.
    n1.transport.send("n2", alone(requestVote("n1", 3, true)));
    await n1.handler.until(() => n1.handler.messages.length > 0);
    expect(n1.handler.messages.map(({ message }) => message.message)).toEqual([
      voteResult(3, true, true),
    ]);
    expect(n1.handler.streams).toEqual([]);
    expect(n2.handler.messages.map(({ message }) => message.message)).toEqual([
      requestVote("n1", 3),
      requestVote("n1", 3, true),
    ]);
  });

  it("is not listened to under another name than its address stands for", async () => {
    await using peers = new TestPeers("n1", "n2", "n3");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    peers.addresses.set("n3", n2.transport.address ?? "");
    n1.transport.send("n3", alone(appendEntries("n1", 0)));
    await n2.handler.until(() => n2.handler.streams.length === 2);
    expect(n2.handler.streams).toEqual(["+n1", "-n1"]);
    expect(n2.handler.messages).toEqual([]);
    expect(n1.handler.checked, "there is nothing to ask").toEqual([]);
    expect(n1.handler.streams).toEqual([]);
  });
});

describe("a message in another's name", () => {
  it("ends the stream", async () => {
    await using peers = new TestPeers("n1", "n2", "n3");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    n1.transport.send("n2", alone(appendEntries("n3", 0)));
    await n2.handler.until(() => n2.handler.streams.length === 2);
    expect(n2.handler.messages).toEqual([]);
  });

  it("gets no vote", async () => {
    await using peers = new TestPeers("n1", "n2", "n3");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    n1.transport.send("n2", alone(requestVote("n3", 3)));
    n1.transport.send("n2", alone(requestVote("n1", 3, true)));
    await n2.handler.until(() => n2.handler.messages.length > 0);
    expect(n2.handler.messages.map(({ message }) => message.message)).toEqual([
      requestVote("n1", 3, true),
    ]);
  });
});
