import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/common/random.ts";
import { SimNetwork } from "../../src/sim/network.ts";
import { ProcessGate } from "../../src/sim/process-gate.ts";
import { SimTransport } from "../../src/sim/sim-transport.ts";
import { stepByStep } from "../../src/sim/turn.ts";
import { VirtualTime } from "../../src/sim/virtual-time.ts";
import { appendEntries, identityOf } from "../transport/peers.ts";
import { RecordingHandler } from "../transport/recording-handler.ts";

function twoNodes() {
  const time = new VirtualTime();
  const network = new SimNetwork(time, seededRandom(1));
  const start = (nodeId: string) => {
    const transport = new SimTransport(network, nodeId, new ProcessGate(time));
    const handler = new RecordingHandler(identityOf(nodeId));
    void transport.start(handler);
    return { transport, handler };
  };
  const until = (done: () => boolean) => stepByStep(() => !done() && time.advance());
  return { n1: start("n1"), n2: start("n2"), until };
}

describe("a simulated transport", () => {
  // A Buffer's `slice` is a view: for long, what was sent as Buffers was not copied at all.
  it.each([
    ["a Buffer", Buffer.from("frames")],
    ["a Uint8Array", new TextEncoder().encode("frames")],
  ])("delivers frames in %s as they were when they were sent", async (_kind, chunk) => {
    const { n1, n2, until } = twoNodes();
    n1.transport.send("n2", { message: appendEntries("n1", 0), frames: [chunk], prevChain: 0 });
    chunk.fill(0);
    await until(() => n2.handler.messages.length > 0);
    const [received] = n2.handler.messages;
    expect(Buffer.concat(received?.message.frames ?? []).toString()).toBe("frames");
  });

  it("gives an entry that is fetched as it was when it was answered", async () => {
    const { n1, n2, until } = twoNodes();
    const frame = Buffer.from("frame");
    n2.handler.fetch = () => Promise.resolve({ kind: "have", frame });
    let content: string | undefined;
    const request = { index: 1, term: 1, chain: 0 } as Parameters<typeof n1.transport.fetch>[1];
    n1.transport.fetch("n2", request, 100).then(
      (answer) => {
        frame.fill(0);
        content = answer.kind === "have" ? Buffer.from(answer.frame).toString() : answer.kind;
      },
      (error: unknown) => (content = String(error)),
    );
    await until(() => content !== undefined);
    expect(content).toBe("frame");
  });
});
