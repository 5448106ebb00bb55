import { describe, expect, it } from "vitest";
import type { NodeId } from "../../src/common/brand.ts";
import { MESSAGES_PER_SECOND_MAX, MessageRate } from "../../src/sim/message-rate.ts";
import { runSimulation } from "../../src/sim/run.ts";
import { DEFAULT_RUN } from "../../src/sim/run-options.ts";
import type { WorldOptions } from "../../src/sim/world-options.ts";
import type { PeerMessage } from "../../src/transport/types.ts";

function send(rate: MessageRate, times: number, fromMs: number): void {
  for (let at = 0; at < times; at++) rate.sent("n1", fromMs + at / times);
}

/** Whatever n1 has to say, it says a thousand times. */
const withEcho: WorldOptions["ports"] = (nodeId, ports) => {
  if (nodeId !== "n1") return ports;
  const { transport } = ports;
  const send = transport.send.bind(transport);
  const echo = (to: NodeId, message: PeerMessage) => {
    for (let times = 0; times < 1000; times++) send(to, message);
  };
  return { ...ports, transport: Object.assign(transport, { send: echo }) };
};

describe("the rate of messages", () => {
  it("is counted node by node and second by second", () => {
    const rate = new MessageRate();
    send(rate, MESSAGES_PER_SECOND_MAX, 0);
    rate.sent("n2", 999);
    send(rate, MESSAGES_PER_SECOND_MAX, 1000);
    expect(rate.flood).toBeUndefined();
    rate.sent("n1", 1999);
    rate.sent("n1", 1999.5);
    const messagesPerSecond = MESSAGES_PER_SECOND_MAX + 1;
    expect(rate.flood).toEqual({ nodeId: "n1", timeMs: 1999, messagesPerSecond });
  });

  it("ends a world in which a node floods its peers, and K18 says who", async () => {
    const options = { ...DEFAULT_RUN, seed: 1, faults: "none" };
    const { simulatedMs, violations } = await runSimulation(options, { ports: withEcho });
    expect(violations.map(({ check }) => check)).toEqual(["K18 bounds"]);
    expect(violations[0]?.message).toBe("n1 has 10001 messagesPerSecond; its limit is 10000");
    expect(simulatedMs).toBeLessThan(DEFAULT_RUN.faultsMs);
  });
});
