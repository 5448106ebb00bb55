import { describe, expect, it } from "vitest";
import { LogError } from "../../src/common/errors.ts";
import { seededRandom } from "../../src/common/random.ts";
import { SimNetwork } from "../../src/sim/network.ts";
import { ProcessGate } from "../../src/sim/process-gate.ts";
import { SimTransport } from "../../src/sim/sim-transport.ts";
import { stepByStep } from "../../src/sim/turn.ts";
import { VirtualTime } from "../../src/sim/virtual-time.ts";
import { identityOf } from "../transport/peers.ts";
import { RecordingHandler } from "../transport/recording-handler.ts";
import { MemorySource, MemoryStaging } from "../transport/snapshot-ends.ts";

const CONTENT = Buffer.from(Uint8Array.from({ length: 20_000 }, (_, at) => (at * 13) ^ (at >> 8)));
const never = new AbortController().signal;

function twoNodes(seed = 1) {
  const time = new VirtualTime();
  const network = new SimNetwork(time, seededRandom(seed));
  const start = (nodeId: string) => {
    const gate = new ProcessGate(time);
    const transport = new SimTransport(network, nodeId, gate);
    const handler = new RecordingHandler(identityOf(nodeId));
    void transport.start(handler);
    return { transport, handler, gate };
  };
  const nodes = { n1: start("n1"), n2: start("n2") };
  const staging = new MemoryStaging();
  staging.attach(nodes.n2.handler);
  /** Lets time pass until the transfer has ended; how it did. */
  const send = async (source: MemorySource, signal = never): Promise<string> => {
    let ended: string | undefined;
    nodes.n1.transport.installSnapshot("n2", source, signal).then(
      () => (ended = "done"),
      (error: unknown) => (ended = error instanceof LogError ? error.code : String(error)),
    );
    const endMs = time.nowMs + 60_000;
    await stepByStep(() => ended === undefined && time.nowMs < endMs && time.advance());
    return ended ?? "still under way";
  };
  return { ...nodes, time, network, staging, send };
}

describe("a snapshot in the simulated network", () => {
  it("arrives whole, in pieces, on a link that delays", async () => {
    const { send, staging, network } = twoNodes();
    network.weather = { ...network.weather, delayMsMax: 50 };
    const source = new MemorySource(CONTENT);
    expect(await send(source)).toBe("done");
    expect(staging.content.equals(CONTENT)).toBe(true);
    expect(source.positions.length).toBeGreaterThan(30);
  });

  it("is the same run for the same seed", async () => {
    const positions = async () => {
      const { send, network, time } = twoNodes(5);
      network.weather = { ...network.weather, loss: 0.01, duplication: 0.01 };
      const source = new MemorySource(CONTENT);
      return [await send(source), source.positions, time.nowMs];
    };
    expect(await positions()).toEqual(await positions());
  });

  it("gets there in several attempts under loss and duplication, all bytes right", async () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 10; seed++) {
      const { send, staging, network } = twoNodes(seed);
      network.weather = { ...network.weather, loss: 0.02, duplication: 0.02, reordering: 0.1 };
      let attempts = 0;
      for (let ended = ""; ended !== "done"; attempts++) {
        const before = staging.content.length;
        ended = await send(new MemorySource(CONTENT));
        outcomes.add(ended);
        expect(staging.content.length).toBeGreaterThanOrEqual(before);
        expect(attempts).toBeLessThan(200);
      }
      expect(staging.content.equals(CONTENT)).toBe(true);
    }
    expect([...outcomes].sort()).toEqual(["INVALID_ARGUMENT", "UNAVAILABLE", "done"]);
  });

  it("breaks with its link, one way cut or both, and goes on when it is mended", async () => {
    for (const [from, to] of [
      ["n1", "n2"],
      ["n2", "n1"],
    ] as const) {
      const { send, staging, network } = twoNodes();
      staging.beforeWrite = (position) => {
        if (position > 5000) network.cut(from, to);
        return Promise.resolve();
      };
      expect(await send(new MemorySource(CONTENT))).toBe("UNAVAILABLE");
      expect(staging.content.length).toBeGreaterThan(5000);
      staging.beforeWrite = () => Promise.resolve();
      network.heal();
      const source = new MemorySource(CONTENT);
      expect(await send(source)).toBe("done");
      expect(source.positions[0]).toBeGreaterThan(5000);
    }
  });

  it("ends when the receiving process dies, and when the leader closes its streams", async () => {
    for (const how of ["dies", "closes"] as const) {
      const { send, staging, network, n1, time } = twoNodes();
      staging.beforeWrite = (position) => {
        if (position > 5000 && how === "dies") network.detach("n2");
        else if (position > 5000) n1.transport.closeStreams();
        return Promise.resolve();
      };
      expect(await send(new MemorySource(CONTENT))).toBe("UNAVAILABLE");
      // The receiver hears of it on its own.
      await stepByStep(() => time.advance());
      if (how === "closes") expect(staging.abandoned).toBe(1);
    }
  });

  it("does not begin with a node that is down or does not admit us", async () => {
    const { send, network, n2 } = twoNodes();
    n2.handler.refusal = "no";
    expect(await send(new MemorySource(CONTENT))).toBe("UNAVAILABLE");
    network.detach("n2");
    expect(await send(new MemorySource(CONTENT))).toBe("UNAVAILABLE");
  });

  it("is given up by its sender, and waits for a paused receiver", async () => {
    const { send, staging, n2, time } = twoNodes();
    const given = new AbortController();
    staging.beforeWrite = (position) => {
      if (position > 5000) given.abort();
      return Promise.resolve();
    };
    expect(await send(new MemorySource(CONTENT), given.signal)).toBe("ABORTED");
    staging.beforeWrite = () => Promise.resolve();
    n2.gate.hold();
    time.plan(5000, () => n2.gate.release());
    expect(await send(new MemorySource(CONTENT))).toBe("done");
    expect(time.nowMs).toBeGreaterThan(5000);
  });

  it("is refused with the receiver's reason", async () => {
    const { send, n2 } = twoNodes();
    n2.handler.sinkOf = () => Promise.reject(new LogError("STORAGE_FULL", "no room"));
    expect(await send(new MemorySource(CONTENT))).toBe("STORAGE_FULL");
  });
});
