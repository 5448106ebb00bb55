import { describe, expect, it } from "vitest";
import { LogError } from "../../src/common/errors.ts";
import { decodeCommand } from "../../src/maelstrom/command.ts";
import { LeaderCalls } from "../../src/maelstrom/leader-calls.ts";
import { Patience } from "../../src/maelstrom/patience.ts";
import { PeerCalls } from "../../src/maelstrom/peer-calls.ts";
import { Replica } from "../../src/maelstrom/replica.ts";
import { ReplicatedService } from "../../src/maelstrom/replicated-service.ts";
import { systemScheduler } from "../../src/runtime/system-scheduler.ts";
import { frameRecords } from "../../src/wire/frame-records.ts";
import { FakeNode } from "../support/fake-node.ts";
import { until } from "../support/until.ts";

/** A clock and timers that stand still until they are told. */
class Hands {
  nowMs = 0;
  readonly #timers = new Set<{ atMs: number; run: () => void }>();
  readonly clock = { nowMs: () => this.nowMs, wallMs: () => this.nowMs };
  readonly scheduler = {
    after: (delayMs: number, run: () => void) => {
      const timer = { atMs: this.nowMs + delayMs, run };
      this.#timers.add(timer);
      return () => this.#timers.delete(timer);
    },
    defer: (run: () => void) => systemScheduler.defer(run),
  };

  pass(ms: number): void {
    this.nowMs += ms;
    for (const timer of [...this.#timers])
      if (timer.atMs <= this.nowMs && this.#timers.delete(timer)) timer.run();
  }
}

function serviceOf(node: FakeNode) {
  const hands = new Hands();
  const calls = new PeerCalls("s", () => undefined, hands.scheduler);
  const replica = new Replica(node, systemScheduler, (error) => {
    throw error;
  });
  replica.start();
  const leader = new LeaderCalls(node, calls);
  const patience = new Patience(node, hands.clock, hands.scheduler);
  const parts = { node, replica, leader, patience, session: "s" };
  return { service: new ReplicatedService(parts), hands };
}

const WRITE = { op: "write", key: 1, value: 2 } as const;

/** Settled or not; a promise that rejects is settled with its error. */
function watch<T>(promise: Promise<T>): { settled: T | Error | undefined } {
  const seen: { settled: T | Error | undefined } = { settled: undefined };
  promise.then(
    (value) => (seen.settled = value),
    (error: Error) => (seen.settled = error),
  );
  return seen;
}

function commandsIn(node: FakeNode) {
  return node.frames.flatMap(frameRecords).map(({ value }) => decodeCommand(value)?.command);
}

describe("a command", () => {
  it("is answered when it is applied, with what the log's order made of it", async () => {
    const node = new FakeNode("n1");
    const { service } = serviceOf(node);
    node.lead(1);
    const cas = { op: "cas", key: 1, from: 2, to: 3 } as const;
    expect(await service.carryOut(WRITE)).toEqual({});
    expect(await service.carryOut(cas)).toEqual({});
    await expect(service.carryOut(cas)).rejects.toMatchObject({ code: 22 });
    expect((await service.current()).values.read(1)).toBe(3);
  });

  it("is tried again while it is refused, and enters the log once", async () => {
    const node = new FakeNode("n1");
    const { service, hands } = serviceOf(node);
    const answer = watch(service.carryOut(WRITE));
    hands.pass(25);
    node.refuseAppends = new LogError("BACKPRESSURE", "too much");
    node.lead(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(answer.settled).toBe(undefined);
    node.refuseAppends = undefined;
    hands.pass(25);
    await until(() => answer.settled !== undefined);
    expect(answer.settled).toEqual({});
    expect(commandsIn(node)).toEqual([WRITE]);
  });

  it("is refused for certain (11) when nobody leads for long enough", async () => {
    const node = new FakeNode("n1");
    const { service, hands } = serviceOf(node);
    const answer = watch(service.carryOut(WRITE));
    await until(() => (hands.pass(25), answer.settled !== undefined));
    expect(answer.settled).toMatchObject({ code: 11 });
    node.lead(1);
    hands.pass(10_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(commandsIn(node)).toEqual([]);
  });

  it("is never called failed once it was stamped: nobody knows (0)", async () => {
    const node = new FakeNode("n1");
    const { service, hands } = serviceOf(node);
    node.lead(1);
    node.autoCommit = false;
    const answer = watch(service.carryOut(WRITE));
    await until(() => commandsIn(node).length === 1);
    node.follow(undefined, 2);
    await new Promise((resolve) => setImmediate(resolve));
    hands.pass(4999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(answer.settled).toBe(undefined);
    hands.pass(1);
    await until(() => answer.settled !== undefined);
    expect(answer.settled).toMatchObject({ code: 0 });
    expect(commandsIn(node)).toHaveLength(1);
  });

  it("is answered after all when another leader commits it", async () => {
    const node = new FakeNode("n1");
    const { service } = serviceOf(node);
    node.lead(1);
    node.autoCommit = false;
    const answer = watch(service.carryOut(WRITE));
    await until(() => commandsIn(node).length === 1);
    node.follow("n2", 2);
    node.commitAll();
    await until(() => answer.settled !== undefined);
    expect(answer.settled).toEqual({});
  });

  it("that a leader elsewhere never answers is not known either", async () => {
    const node = new FakeNode("n1");
    const { service, hands } = serviceOf(node);
    node.follow("n2", 1);
    const answer = watch(service.carryOut(WRITE));
    await new Promise((resolve) => setImmediate(resolve));
    hands.pass(5000);
    await until(() => answer.settled !== undefined);
    expect(answer.settled).toMatchObject({ code: 0 });
  });

  it("passes over records that are none of its own", async () => {
    const node = new FakeNode("n1");
    const { service } = serviceOf(node);
    node.lead(1);
    const payload = Buffer.from("0a041202 6869".replaceAll(" ", ""), "hex");
    node.append({ payload, recordCount: 1, producer: undefined }, () => undefined);
    expect(await service.carryOut({ op: "log_append", value: 1 })).toEqual({ offset: 1 });
    expect((await service.current()).valueLog.read(0, 9)).toEqual([{ offset: 1, value: 1 }]);
  });
});

describe("a read", () => {
  it("has no effect, hence fails for certain while there is no majority", async () => {
    const node = new FakeNode("n1");
    const { service, hands } = serviceOf(node);
    node.lead(1);
    node.refuseReads = new LogError("NO_QUORUM", "no leader is known");
    const answer = watch(service.current());
    await until(() => (hands.pass(25), answer.settled !== undefined));
    expect(answer.settled).toMatchObject({ code: 11 });
    expect(node.reads).toContain("linearizable");
  });

  it("waits until what was acknowledged before it is applied here", async () => {
    const node = new FakeNode("n1");
    const { service } = serviceOf(node);
    node.lead(1);
    await service.carryOut({ op: "send", key: "k", msg: 1 });
    const other = serviceOf(node).service;
    expect((await other.current()).logs.poll("k", 0, 10)).toEqual([[0, 1]]);
  });
});
