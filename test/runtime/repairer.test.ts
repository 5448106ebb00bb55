import { describe, expect, it } from "vitest";
import { LogIndex, Offset, Term } from "../../src/common/brand.ts";
import { encodeFrame, type Frame } from "../../src/common/frame.ts";
import type { RaftEvent } from "../../src/raft/index.ts";
import { Repairer, type RepairerPorts } from "../../src/runtime/repairer.ts";
import { Tracer } from "../../src/runtime/tracer.ts";
import type { FaultyEntry } from "../../src/storage/types.ts";
import type { FetchAnswer } from "../../src/transport/types.ts";
import { until } from "../support/until.ts";

function frameAt(index: number, text = "intact"): Frame {
  const stamp = {
    ...{ type: "data" as const, index: LogIndex(index), term: Term(2), baseOffset: Offset(index) },
    ...{ segmentFirstIndex: LogIndex(1), timestamp: 1, recordCount: 1, producer: undefined },
  };
  return encodeFrame(stamp, new TextEncoder().encode(text), index);
}

function faultyAt(index: number): FaultyEntry {
  const { chain } = frameAt(index).header;
  return { index: LogIndex(index), term: Term(2), chain, file: "0.log", position: 0 };
}

const have = (frame: Frame): FetchAnswer => ({ kind: "have", frame: frame.bytes });
const dontHave: FetchAnswer = { kind: "dontHave", term: Term(3) };

/** A log of damaged entries, and peers that answer as the test says. */
class Bench {
  readonly events: RaftEvent[] = [];
  readonly repaired: number[] = [];
  readonly repairer: Repairer;
  faulty: FaultyEntry[];
  asked = 0;
  answer: (peer: string, index: number) => Promise<FetchAnswer>;

  constructor(indexes: readonly number[], answer: Bench["answer"]) {
    this.faulty = indexes.map(faultyAt);
    this.answer = answer;
    const faulty = () => this.faulty;
    const log = {
      get faulty() {
        return faulty();
      },
      repair: (bytes: Uint8Array) => {
        const index = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(8, true));
        this.faulty = this.faulty.filter((entry) => entry.index !== index);
        return Promise.resolve();
      },
      possession: () => Promise.resolve({ kind: "dontHave" as const }),
    };
    const clock = { nowMs: () => 0, wallMs: () => 0 };
    const ports = {
      log,
      loop: { post: (event: RaftEvent) => this.events.push(event) },
      transport: {
        fetch: (peer: string, { index }: { index: number }) => {
          this.asked++;
          return this.answer(peer, index);
        },
      },
      scheduler: { after: (_delayMs: number, run: () => void) => setImmediate(run) },
      tracer: new Tracer("n1", clock, () => undefined, false),
      peers: ["n2", "n3"],
      durableTerm: () => Term(7),
      repaired: ({ header }: Frame) => this.repaired.push(header.index),
      mended: () => undefined,
      fail: (thrown: unknown) => {
        throw thrown;
      },
    };
    this.repairer = new Repairer(ports as unknown as RepairerPorts);
  }

  get firstFaulty(): readonly (number | undefined)[] {
    return this.events.flatMap((event) => (event.type === "faultyChanged" ? [event.first] : []));
  }
}

describe("the repairer", () => {
  it("writes back what any peer has, and tells the core what is still faulty", async () => {
    const bench = new Bench([4, 9], (peer, index) =>
      Promise.resolve(peer === "n3" ? have(frameAt(index)) : dontHave),
    );
    bench.repairer.damaged();
    await until(() => bench.faulty.length === 0);
    expect(bench.repaired.toSorted((a, b) => a - b)).toEqual([4, 9]);
    await until(() => bench.firstFaulty.at(-1) === undefined);
    expect(bench.firstFaulty[0]).toBe(4);
  });

  it("takes nothing but the very entry: not another one of the same index", async () => {
    const bench = new Bench([4], () => Promise.resolve(have(frameAt(4, "something else"))));
    bench.repairer.damaged();
    await until(() => bench.asked > 6);
    expect(bench.repaired).toEqual([]);
    expect(bench.faulty).toHaveLength(1);
    bench.answer = () => Promise.resolve(have(frameAt(4)));
    await until(() => bench.repaired.length === 1);
  });

  it("takes no damaged bytes from a peer", async () => {
    const rotten = frameAt(4);
    rotten.bytes[rotten.bytes.length - 1] = 0;
    const bench = new Bench([4], () => Promise.resolve(have(rotten)));
    bench.repairer.damaged();
    await until(() => bench.asked > 6);
    expect(bench.repaired).toEqual([]);
    bench.repairer.stop();
  });

  it("tells the core who lacks the entry and in which term, and gives up nothing", async () => {
    const bench = new Bench([4], () => Promise.resolve(dontHave));
    bench.repairer.damaged();
    const missing = () => bench.events.filter((event) => event.type === "entryMissing");
    await until(() => missing().length >= 2);
    const entry = { index: 4, term: 2 };
    expect(missing()[0]).toEqual({ type: "entryMissing", peer: "n2", term: 3, entry });
    expect(bench.faulty).toHaveLength(1);
    bench.repairer.stop();
  });

  it("asks again until somebody can be reached", async () => {
    let reachable = false;
    const bench = new Bench([4], (_peer, index) =>
      reachable ? Promise.resolve(have(frameAt(index))) : Promise.reject(new Error("unreachable")),
    );
    bench.repairer.damaged();
    await until(() => bench.asked >= 6);
    reachable = true;
    await until(() => bench.repaired.length === 1);
  });

  it("asks nobody when nothing is damaged", async () => {
    const bench = new Bench([], () => Promise.resolve(dontHave));
    bench.repairer.damaged();
    expect(bench.asked).toBe(0);
    expect(bench.firstFaulty).toEqual([undefined]);
  });

  it("answers for its own log with the term that is on its disk", async () => {
    const bench = new Bench([], () => Promise.resolve(dontHave));
    const request = { index: LogIndex(1), term: Term(1), chain: 0 };
    expect(await bench.repairer.answer(request)).toEqual({ kind: "dontHave", term: 7 });
  });
});
