import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import { LogError } from "../../src/common/errors.ts";
import { FRAME_HEADER_BYTES } from "../../src/common/frame.ts";
import { MAX_BATCH_BYTES } from "../../src/common/limits.ts";
import type { PieceRequest } from "../../src/transport/file-piece.ts";
import type { FetchAnswer } from "../../src/transport/types.ts";
import {
  alone,
  appendEntries,
  appendResult,
  identityOf,
  requestVote,
  TestPeers,
  voteResult,
} from "./peers.ts";

describe("votes", () => {
  it("go to the peer and their results come back", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    n2.handler.onReceived = () => n2.transport.send("n1", alone(voteResult(3)));
    n1.transport.send("n2", alone(requestVote("n1", 3)));
    await n1.handler.until(() => n1.handler.messages.length === 1);
    expect(n2.handler.messages).toEqual([{ from: "n1", message: alone(requestVote("n1", 3)) }]);
    expect(n1.handler.messages).toEqual([{ from: "n2", message: alone(voteResult(3)) }]);
    expect(n2.handler.checked).toEqual([identityOf("n1")]);
    expect(n1.handler.checked).toEqual([identityOf("n2")]);
  });

  it("and pre-votes of the same term do not answer each other", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    n1.transport.send("n2", alone(requestVote("n1", 3, true)));
    n1.transport.send("n2", alone(requestVote("n1", 3, false)));
    await n2.handler.until(() => n2.handler.messages.length === 2);
    n2.transport.send("n1", alone(voteResult(3, false, false)));
    n2.transport.send("n1", alone(voteResult(3, true, true)));
    await n1.handler.until(() => n1.handler.messages.length === 2);
    const results = n1.handler.messages.map(({ message }) => message.message);
    expect(results).toContainEqual(voteResult(3, false, false));
    expect(results).toContainEqual(voteResult(3, true, true));
  });

  it("of a newer term are not answered by the result of an older one", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    n1.transport.send("n2", alone(requestVote("n1", 3)));
    await n2.handler.until(() => n2.handler.messages.length === 1);
    n1.transport.send("n2", alone(requestVote("n1", 4)));
    await n2.handler.until(() => n2.handler.messages.length === 2);
    n2.transport.send("n1", alone(voteResult(3)));
    n2.transport.send("n1", alone(voteResult(3, false)));
    n2.transport.send("n1", alone(voteResult(4)));
    await n1.handler.until(() => n1.handler.messages.length === 1);
    expect(n1.handler.messages.map(({ message }) => message.message)).toEqual([voteResult(4)]);
  });

  it("to a node that is down, unknown or ourselves are dropped", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    for (const to of ["n1", "n2", "n9", "__proto__"])
      n1.transport.send(to, alone(requestVote("n1", 3)));
    n1.transport.send("n2", alone(voteResult(3)));
    n1.transport.send("n2", alone(appendResult(1)));
    expect(n1.handler.messages).toEqual([]);
  });
});

describe("read indexes", () => {
  it("are answered by request id, in any order", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    const term = Term(3);
    for (const requestId of [1, 2, 3])
      n1.transport.send("n2", alone({ type: "ReadIndex", term, requestId }));
    await n2.handler.until(() => n2.handler.messages.length === 3);
    for (const requestId of [3, 1, 2]) {
      const readIndex = requestId === 2 ? undefined : LogIndex(10 * requestId);
      n2.transport.send("n1", alone({ type: "ReadIndexResult", term, requestId, readIndex }));
    }
    await n1.handler.until(() => n1.handler.messages.length === 3);
    const answers = n1.handler.messages.map(({ message }) => message.message);
    for (const requestId of [1, 3])
      expect(answers).toContainEqual({
        ...{ type: "ReadIndexResult", term, requestId },
        readIndex: LogIndex(10 * requestId),
      });
    expect(answers).toContainEqual({
      ...{ type: "ReadIndexResult", term, requestId: 2, readIndex: undefined },
    });
  });
});

describe("the AppendEntries stream", () => {
  it("opens with the first message and is told on both sides", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    n1.transport.send("n2", alone(appendEntries("n1", 0)));
    await n2.handler.until(() => n2.handler.messages.length === 1);
    expect(n2.handler.messages[0]?.message.message).toEqual(appendEntries("n1", 0));
    expect(n1.handler.streams).toEqual(["+n2"]);
    expect(n2.handler.streams).toEqual(["+n1"]);
  });

  it("carries frames byte for byte, whatever chunks they came in", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    const chunks = [Buffer.from("first "), Buffer.alloc(300_000, 7), Buffer.from(" last")];
    const prevChain = 0xffff_ffff;
    n1.transport.send("n2", { message: appendEntries("n1", 1), frames: chunks, prevChain });
    await n2.handler.until(() => n2.handler.messages.length === 1);
    const { frames, prevChain: chain } = n2.handler.messages[0]?.message ?? alone(voteResult(0));
    expect(frames).toHaveLength(1);
    expect(Buffer.concat(chunks).equals(frames[0] as Uint8Array)).toBe(true);
    expect(chain).toBe(prevChain);
  });

  it("carries the largest frame there can be", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    const frames = [Buffer.alloc(FRAME_HEADER_BYTES + MAX_BATCH_BYTES, 5)];
    n1.transport.send("n2", { message: appendEntries("n1", 1), frames, prevChain: 0 });
    await n2.handler.until(() => n2.handler.messages.length === 1);
    const [frame] = n2.handler.messages[0]?.message.frames ?? [];
    expect(Buffer.compare(frame ?? Buffer.alloc(0), frames[0] as Buffer)).toBe(0);
  });

  it("keeps the order of messages, and of results", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    n2.handler.onReceived = (_from, { message }) => {
      if (message.type === "AppendEntries")
        n2.transport.send("n1", alone(appendResult(message.prevLogIndex)));
    };
    const count = 1000;
    let sent = 0;
    // No more in flight than a leader would have.
    const fill = (): void => {
      while (sent < count && sent - n1.handler.messages.length < 60)
        n1.transport.send("n2", alone(appendEntries("n1", sent++)));
    };
    n1.handler.onReceived = fill;
    fill();
    await n1.handler.until(() => n1.handler.messages.length === count);
    const expected = Array.from({ length: count }, (_, i) => i);
    const results = n1.handler.messages.map(({ message: { message } }) =>
      message.type === "AppendEntriesResult" ? message.matchIndex : -1,
    );
    expect(results).toEqual(expected);
  });

  it("carries a conflict back, with and without its term", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    n1.transport.send("n2", alone(appendEntries("n1", 9)));
    await n2.handler.until(() => n2.handler.messages.length === 1);
    const results = [Term(2), undefined, Term(0)].map((conflictTerm) => ({
      ...appendResult(0),
      conflict: { prevLogIndex: LogIndex(9), conflictTerm, conflictIndex: LogIndex(4) },
    }));
    for (const result of results) n2.transport.send("n1", alone(result));
    await n1.handler.until(() => n1.handler.messages.length === 3);
    expect(n1.handler.messages.map(({ message }) => message.message)).toEqual(results);
  });

  it("ends on both sides, once, when its leader closes it; and opens again", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    n1.transport.send("n2", alone(appendEntries("n1", 0)));
    await n2.handler.until(() => n2.handler.messages.length === 1);
    n1.transport.closeStreams();
    n1.transport.closeStreams();
    expect(n1.handler.streams, "told later, not from inside the call").toEqual(["+n2"]);
    await n1.handler.until(() => n1.handler.streams.length === 2);
    await n2.handler.until(() => n2.handler.streams.length === 2);
    n1.transport.send("n2", alone(appendEntries("n1", 1)));
    await n2.handler.until(() => n2.handler.messages.length === 2);
    expect(n1.handler.streams).toEqual(["+n2", "-n2", "+n2"]);
    expect(n2.handler.streams).toEqual(["+n1", "-n1", "+n1"]);
  });

  it("comes back after the follower restarts", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const before = await peers.start("n2");
    n1.transport.send("n2", alone(appendEntries("n1", 0)));
    await before.handler.until(() => before.handler.messages.length === 1);
    await peers.stop(before);
    await n1.handler.until(() => n1.handler.streams.length === 2);
    expect(n1.handler.streams).toEqual(["+n2", "-n2"]);

    const listen = peers.addresses.get("n2") ?? "";
    const after = await peers.start("n2", { listen });
    const heartbeat = setInterval(() => n1.transport.send("n2", alone(appendEntries("n1", 1))), 5);
    await after.handler.until(() => after.handler.messages.length > 0);
    clearInterval(heartbeat);
    expect(n1.handler.streams).toEqual(["+n2", "-n2", "+n2"]);
    expect(after.handler.streams).toEqual(["+n1"]);
  });

  it("ends at the follower when the leader goes away", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    n1.transport.send("n2", alone(appendEntries("n1", 0)));
    await n2.handler.until(() => n2.handler.messages.length === 1);
    await peers.stop(n1);
    await n2.handler.until(() => n2.handler.streams.length === 2);
    expect(n2.handler.streams).toEqual(["+n1", "-n1"]);
    expect(n1.handler.streams, "a closed transport tells nothing").toEqual(["+n2"]);
  });

  it("of a restarted leader takes the place of the old one", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n2 = await peers.start("n2");
    const old = await peers.start("n1");
    old.transport.send("n2", alone(appendEntries("n1", 0)));
    await n2.handler.until(() => n2.handler.messages.length === 1);
    const fresh = await peers.start("n1");
    fresh.transport.send("n2", alone(appendEntries("n1", 1)));
    await n2.handler.until(() => n2.handler.messages.length === 2);
    expect(n2.handler.streams).toEqual(["+n1", "-n1", "+n1"]);
    await old.handler.until(() => old.handler.streams.length === 2);
    n2.transport.send("n1", alone(appendResult(1)));
    await fresh.handler.until(() => fresh.handler.messages.length === 1);
    expect(old.handler.messages).toEqual([]);
  });
});

describe("fetching an entry", () => {
  const request = { index: LogIndex(7), term: Term(2), chain: 0xdead_beef };

  it.each<FetchAnswer>([
    { kind: "have", frame: Buffer.from("a frame") },
    { kind: "dontHave", term: Term(5) },
    { kind: "haveFaulty" },
  ])("answers $kind", async (answer) => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    const asked: unknown[] = [];
    n2.handler.fetchAnswer = (question) => {
      asked.push(question);
      return Promise.resolve(answer);
    };
    expect(await n1.transport.fetch("n2", request, 10_000)).toEqual(answer);
    expect(asked).toEqual([request]);
  });

  it("gives no answer from a peer that is refused, fails, hangs or is not there", async () => {
    await using peers = new TestPeers("n1", "n2", "n3");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    const unavailable = { code: "UNAVAILABLE" };
    n1.handler.refusal = "another cluster";
    await expect(n1.transport.fetch("n2", request, 10_000)).rejects.toMatchObject(unavailable);
    n1.handler.refusal = undefined;
    n2.handler.fetchAnswer = () => Promise.reject(new LogError("UNAVAILABLE", "still starting"));
    await expect(n1.transport.fetch("n2", request, 10_000)).rejects.toMatchObject(unavailable);
    n2.handler.fetchAnswer = () => new Promise(() => undefined);
    await expect(n1.transport.fetch("n2", request, 10)).rejects.toBeInstanceOf(LogError);
    await expect(n1.transport.fetch("n3", request, 10_000)).rejects.toMatchObject(unavailable);
    await expect(n1.transport.fetch("n9", request, 10_000)).rejects.toMatchObject(unavailable);
  });
});

describe("fetching a piece of a file", () => {
  const asked: PieceRequest[] = [
    { file: { kind: "manifest" }, position: 0 },
    { file: { kind: "compacted", sha256: "ab".repeat(32) }, position: 262_144 },
    { file: { kind: "checkpoint", index: LogIndex(7) }, position: 1 },
  ];

  it.each(asked)("asks for $file.kind, and takes what is there", async (request) => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    const heard: unknown[] = [];
    const answers = [{ totalBytes: 300_000, bytes: Buffer.from("bytes") }, undefined];
    n2.handler.pieceAnswer = (question) => {
      heard.push(question);
      return Promise.resolve(answers[heard.length - 1]);
    };
    expect(await n1.transport.fetchPiece("n2", request, 10_000)).toEqual(answers[0]);
    expect(await n1.transport.fetchPiece("n2", request, 10_000)).toBeUndefined();
    expect(heard).toEqual([request, request]);
    n2.handler.pieceAnswer = () => Promise.reject(new LogError("UNAVAILABLE", "still starting"));
    await expect(n1.transport.fetchPiece("n2", request, 10_000)).rejects.toThrow("still starting");
    n2.handler.pieceAnswer = () => Promise.resolve(undefined);
    n1.handler.refusal = "another cluster";
    await expect(n1.transport.fetchPiece("n2", request, 10_000)).rejects.toThrow("another cluster");
  });
});

describe("meetings", () => {
  it("tell each side what the other knows", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1");
    await peers.start("n2");
    const ours = {
      identity: { nodeId: "n1", diskId: "d1", clusterId: undefined, incarnation: 9 },
      voters: [],
      formed: false,
    };
    expect(await n1.transport.meet("n2", ours, 10_000)).toEqual({
      identity: identityOf("n2"),
      voters: [{ nodeId: "n1", diskId: "d1" }],
      formed: true,
    });
  });

  it("need no common cluster", async () => {
    await using peers = new TestPeers("n1", "n2");
    const n1 = await peers.start("n1", { clusterId: "mine" });
    const n2 = await peers.start("n2", { clusterId: "yours" });
    n1.handler.refusal = n2.handler.refusal = "another cluster";
    const ours = { identity: identityOf("n1", "mine"), voters: [], formed: true };
    const theirs = await n1.transport.meet("n2", ours, 10_000);
    expect(theirs.identity.clusterId).toBe("yours");
  });

  it("fail when nobody listens, when the wrong node answers, when a stranger asks", async () => {
    await using peers = new TestPeers("n1", "n2", "n3");
    const n1 = await peers.start("n1");
    const n2 = await peers.start("n2");
    const ours = { identity: identityOf("n1"), voters: [], formed: true };
    await expect(n1.transport.meet("n3", ours, 10_000)).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    await expect(n1.transport.meet("n9", ours, 10_000)).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    peers.addresses.set("n3", n2.transport.address ?? "");
    await using others = new TestPeers("n1", "n3", "n9");
    others.addresses.set("n3", n2.transport.address ?? "");
    const wrong = await others.start("n1");
    await expect(wrong.transport.meet("n3", ours, 10_000)).rejects.toThrow(
      /should be n3 and calls itself n2/,
    );
    const stranger = { ...ours, identity: identityOf("n9") };
    await expect(n1.transport.meet("n2", stranger, 10_000)).rejects.toThrow(/n9 is not a member/);
  });
});
