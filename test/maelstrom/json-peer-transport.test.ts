import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import { LogError } from "../../src/common/errors.ts";
import { seededRandom } from "../../src/common/random.ts";
import { JsonPeerTransport } from "../../src/maelstrom/json-peer-transport.ts";
import type { Body } from "../../src/maelstrom/message.ts";
import { PeerCalls } from "../../src/maelstrom/peer-calls.ts";
import type { Message } from "../../src/raft/messages.ts";
import { systemScheduler } from "../../src/runtime/system-scheduler.ts";
import type { SnapshotSink } from "../../src/transport/snapshot-transfer.ts";
import type { FetchAnswer, PeerHandler, PeerMessage } from "../../src/transport/types.ts";
import { until } from "../support/until.ts";

const TIMEOUT_MS = 60_000;

/** One node's end: what its owner is told, and levers for what it answers. */
class Owner {
  readonly received: PeerMessage[] = [];
  readonly streams: string[] = [];
  refusal: string | undefined;
  fetched: () => Promise<FetchAnswer> = () => Promise.resolve({ kind: "haveFaulty" });
  offered: () => Promise<SnapshotSink> = () => Promise.reject(new LogError("UNAVAILABLE", "no"));
  readonly handler: PeerHandler;

  constructor(nodeId: string) {
    const identity = { nodeId, diskId: `disk of ${nodeId}`, clusterId: undefined, incarnation: 3 };
    this.handler = {
      identity: () => identity,
      checkPeer: () => this.refusal,
      received: (_, message) => this.received.push(message),
      streamOpened: (peer) => this.streams.push(`${peer} opened`),
      streamClosed: (peer) => this.streams.push(`${peer} closed`),
      meet: () => Promise.resolve({ identity, voters: [{ nodeId, diskId: "d" }], formed: true }),
      fetch: () => this.fetched(),
      piece: () => Promise.resolve(undefined),
      snapshotStaged: () => Promise.resolve(undefined),
      snapshotOffered: () => this.offered(),
    };
  }
}

interface End {
  readonly owner: Owner;
  readonly transport: JsonPeerTransport;
  readonly complaints: string[];
  /** What the network brings it. */
  arrive(from: string, body: Body): void;
}

/** Brings a message to its receiver: at once, later, or never. */
type Way = (arrive: () => void, body: Body) => void;

/** Two transports whose messages go through JSON, as lines would. */
async function pair(way: Way = (arrive) => setImmediate(arrive)) {
  const ends = new Map<string, End>();
  const sent: Body[] = [];
  for (const nodeId of ["n1", "n2"]) {
    const send = (to: string, body: Body) => {
      const line = JSON.stringify(body);
      const copy = JSON.parse(line) as Body;
      sent.push(copy);
      way(() => ends.get(to)?.arrive(nodeId, copy), copy);
    };
    const owner = new Owner(nodeId);
    const complaints: string[] = [];
    const calls = new PeerCalls(`s${nodeId}`, send, systemScheduler);
    const complain = (problem: string) => complaints.push(problem);
    const transport = new JsonPeerTransport(`s${nodeId}`, {
      send,
      calls,
      scheduler: systemScheduler,
      complain,
    });
    const arrive = (from: string, body: Body) => {
      if (!calls.received(from, body)) transport.received(from, body);
    };
    await transport.start(owner.handler);
    ends.set(nodeId, { owner, transport, complaints, arrive });
  }
  return { one: ends.get("n1") as End, two: ends.get("n2") as End, sent };
}

function losing(type: string): Way {
  return (arrive, body) => {
    if (body["type"] !== type) setImmediate(arrive);
  };
}

const term = Term(7);
const index = LogIndex(9);

/** One of every message, with what may be absent present and absent. */
const MESSAGES: readonly Message[] = [
  {
    ...{ type: "RequestVote", term, candidateId: "n1" },
    ...{ lastLogIndex: index, lastLogTerm: term, preVote: true },
  },
  { type: "RequestVoteResult", term, voteGranted: false, preVote: false },
  {
    ...{ type: "AppendEntries", term, leaderId: "n1", prevLogIndex: index, prevLogTerm: term },
    ...{ entries: [], leaderCommit: index, readRound: 2 },
  },
  {
    ...{ type: "AppendEntriesResult", term, matchIndex: index, readRound: 0, diskLow: true },
    conflict: { prevLogIndex: index, conflictTerm: undefined, conflictIndex: LogIndex(1) },
  },
  {
    ...{ type: "AppendEntriesResult", term, matchIndex: index, readRound: 0, diskLow: false },
    conflict: undefined,
  },
  { type: "ReadIndex", term, requestId: 12 },
  { type: "ReadIndexResult", term, requestId: 12, readIndex: index },
  { type: "ReadIndexResult", term, requestId: 12, readIndex: undefined },
];

describe("the transport of JSON messages", () => {
  it("carries every message of Raft", async () => {
    const { one, two } = await pair();
    for (const message of MESSAGES) one.transport.send("n2", { message, frames: [], prevChain: 0 });
    await until(() => two.owner.received.length === MESSAGES.length);
    expect(two.owner.received.map(({ message }) => message)).toEqual(MESSAGES);
  });

  it("carries frames as base64, byte for byte, and asks for no msg_id", async () => {
    const { one, two, sent } = await pair();
    const frames = [Buffer.from([0, 1, 255]), new Uint8Array([10, 13]).subarray(1)];
    const message = MESSAGES.find(({ type }) => type === "AppendEntries") as Message;
    one.transport.send("n2", { message, frames, prevChain: 0xffffffff });
    await until(() => two.owner.received.length === 1);
    const [received] = two.owner.received;
    expect(received?.prevChain).toBe(0xffffffff);
    expect(received?.frames.map((frame) => [...frame])).toEqual([[0, 1, 255], [13]]);
    expect(sent).toMatchObject([{ type: "balsa_raft", frames: ["AAH/", "DQ=="] }]);
    expect(sent[0]).not.toHaveProperty("msg_id");
  });

  it("tells both sides when a leader's stream begins, and when it ends it", async () => {
    const { one, two } = await pair();
    const message = MESSAGES.find(({ type }) => type === "AppendEntries") as Message;
    for (let i = 0; i < 2; i++) one.transport.send("n2", { message, frames: [], prevChain: 0 });
    one.transport.closeStreams();
    one.transport.closeStreams();
    await until(() => two.owner.streams.length === 2);
    expect(two.owner.streams).toEqual(["n1 opened", "n1 closed"]);
    expect(one.owner.streams).toEqual(["n2 opened", "n2 closed"]);
  });

  it("lets nobody speak whom its owner refuses", async () => {
    const { one, two } = await pair();
    two.owner.refusal = "another cluster";
    for (const message of MESSAGES) one.transport.send("n2", { message, frames: [], prevChain: 0 });
    const request = { index, term, chain: 1 };
    await expect(one.transport.fetch("n2", request, TIMEOUT_MS)).rejects.toThrow("another cluster");
    expect(two.owner.received).toEqual([]);
  });

  it("meets and fetches", async () => {
    const { one, two } = await pair();
    const ours = await one.owner.handler.meet(undefined as never);
    const theirs = await one.transport.meet("n2", ours, TIMEOUT_MS);
    expect(theirs).toMatchObject({ identity: { nodeId: "n2", incarnation: 3 }, formed: true });
    const request = { index, term, chain: 1 };
    const answers: readonly FetchAnswer[] = [
      { kind: "have", frame: Buffer.from([1, 2, 3]) },
      { kind: "dontHave", term },
      { kind: "haveFaulty" },
    ];
    for (const answer of answers) {
      two.owner.fetched = () => Promise.resolve(answer);
      expect(await one.transport.fetch("n2", request, TIMEOUT_MS)).toEqual(answer);
    }
    two.owner.fetched = () => Promise.reject(new LogError("UNAVAILABLE", "not yet"));
    await expect(one.transport.fetch("n2", request, TIMEOUT_MS)).rejects.toThrow("not yet");
  });

  it("gives a question up when nothing comes back, or when it closes", async () => {
    const { one } = await pair(losing("balsa_ask"));
    const ours = await one.owner.handler.meet(undefined as never);
    await expect(one.transport.meet("n2", ours, 5)).rejects.toThrow("n2 did not answer in 5 ms");
    const open = one.transport.meet("n2", ours, TIMEOUT_MS);
    await one.transport.close();
    await expect(open).rejects.toThrow("shutting down");
  });

  it("answers a question once, however often it comes", async () => {
    const { one, sent } = await pair((arrive) => {
      setImmediate(arrive);
      setImmediate(arrive);
    });
    const ours = await one.owner.handler.meet(undefined as never);
    await one.transport.meet("n2", ours, TIMEOUT_MS);
    await one.transport.meet("n2", ours, TIMEOUT_MS);
    expect(sent.filter(({ type }) => type === "balsa_answer")).toHaveLength(2);
  });

  it("takes no answer of another node, and none that an earlier process asked for", async () => {
    const { one, two, sent } = await pair(losing("balsa_answer"));
    const ours = await one.owner.handler.meet(undefined as never);
    const open = one.transport.meet("n2", ours, TIMEOUT_MS);
    await until(() => sent.length === 2);
    const { ask, answer } = sent[1] ?? {};
    let settled = false;
    void open.finally(() => (settled = true)).catch(() => undefined);
    one.arrive("n3", { type: "balsa_answer", ask, answer });
    one.arrive("n2", { type: "balsa_answer", ask: "earlier.0", answer });
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(false);
    one.arrive("n2", { type: "balsa_answer", ask, answer });
    expect((await open).identity.nodeId).toBe("n2");
    await two.transport.close();
  });

  describe("carries a snapshot", () => {
    const content = Buffer.from(Array.from({ length: 700_000 }, (_, at) => at % 251));
    const offer = {
      ...{ term, leaderId: "n1", last: { index, term }, totalBytes: content.length },
      hash: createHash("sha256").update(content).digest("hex"),
    };
    const source = {
      offer,
      read: (from: number, maxBytes: number) =>
        Promise.resolve(content.subarray(from, from + maxBytes)),
      progressed: () => undefined,
    };
    const never = new AbortController().signal;

    it("whole, although its messages overtake each other", async () => {
      const random = seededRandom(5);
      const { one, two, sent } = await pair((arrive) => setTimeout(arrive, 5 * random.next()));
      const pieces: Uint8Array[] = [];
      let finished = false;
      two.owner.offered = () =>
        Promise.resolve({
          position: 0,
          write: (_, bytes) => Promise.resolve(void pieces.push(bytes)),
          finish: () => Promise.resolve(void (finished = true)),
          abandon: () => undefined,
        });
      await one.transport.installSnapshot("n2", source, never);
      expect(finished).toBe(true);
      expect(Buffer.concat(pieces).equals(content)).toBe(true);
      expect(sent.filter(({ say }) => JSON.stringify(say)?.includes("chunk"))).toHaveLength(3);
    });

    it("not to one that refuses it, and says why", async () => {
      const { one, two } = await pair();
      two.owner.offered = () => Promise.reject(new LogError("STORAGE_FULL", "no room for it"));
      const sent = one.transport.installSnapshot("n2", source, never);
      await expect(sent).rejects.toThrow("no room for it");
    });

    it("no further when either end closes, or the sender thinks better of it", async () => {
      const { one, two } = await pair();
      const abandon = () => undefined;
      const write = () => new Promise<void>(() => undefined);
      two.owner.offered = () => Promise.resolve({ position: 0, write, finish: write, abandon });
      const control = new AbortController();
      const first = one.transport.installSnapshot("n2", source, control.signal);
      control.abort();
      await expect(first).rejects.toThrow("given up");
      const second = one.transport.installSnapshot("n2", source, never);
      await one.transport.close();
      await expect(second).rejects.toThrow("shutting down");
    });
  });

  const identity = { diskId: "d", incarnation: 1 };
  const append = { ...MESSAGES[2], entries: undefined };
  it.each([
    ["without a sender's disk", { type: "balsa_raft", identity: {}, message: MESSAGES[1] }],
    ["of an unknown type", { type: "balsa_raft", identity, message: { type: "constructor" } }],
    ["without its fields", { type: "balsa_raft", identity, message: { type: "ReadIndex", term } }],
    [
      "with a number that is none",
      { type: "balsa_raft", identity, message: { ...MESSAGES[5], term: 1.5 } },
    ],
    ["in another's name", { type: "balsa_raft", identity, message: { ...append, leaderId: "n3" } }],
    ["without frames", { type: "balsa_raft", identity, message: append, prevChain: 0 }],
    [
      "with frames that are none",
      { type: "balsa_raft", identity, message: append, prevChain: 0, frames: [7] },
    ],
  ])("drops a message %s", async (_, body) => {
    const { two } = await pair();
    two.arrive("n1", body);
    expect(two.owner.received).toEqual([]);
    expect(two.complaints).toHaveLength(1);
  });
});
