import { describe, expect, it } from "vitest";
import { stability } from "../../../src/sim/checkers/stability.ts";
import type { Fault, RunRecord } from "../../../src/sim/history.ts";
import { goodRun } from "./support/good-run.ts";
import { TraceBuilder } from "./support/trace-builder.ts";

const ALONE = [
  { from: "n1", to: "n2" },
  { from: "n3", to: "n1" },
];

/** n1 leads from 100 ms on and never steps down; the election timeout is 100 ms. */
function leads(faults: readonly Fault[]): RunRecord {
  const trace = new TraceBuilder()
    .tell(100, "n1", 1, "election.won")
    .tell(5000, "n2", 1, "stream.opened").events;
  return { ...goodRun(), appends: [], trace, faults };
}

function messages(record: RunRecord): readonly string[] {
  return stability.violations(record).map(({ message }) => message);
}

describe("K19 stability", () => {
  it("takes a link that is cut one way for no way to hear of a quorum", () => {
    expect(messages(leads([{ kind: "cut", atMs: 1000, untilMs: 1201, cut: ALONE }]))).toEqual([
      "n1 leads term 1 for more than 200 ms without reaching a quorum",
    ]);
  });

  it("lets a leader lead on when the links heal in time", () => {
    expect(messages(leads([{ kind: "cut", atMs: 1000, untilMs: 1200, cut: ALONE }]))).toEqual([]);
  });

  it("adds up faults that follow each other without a pause", () => {
    const faults = [
      { kind: "cut", atMs: 1000, untilMs: 1150, cut: ALONE },
      { kind: "kill", atMs: 1150, untilMs: 1300, stopped: ["n2", "n3"] },
    ];
    expect(messages(leads(faults)).length).toBe(1);
  });

  it("does not blame a leader that is paused, until it goes on", () => {
    const paused = { kind: "pause", atMs: 1000, untilMs: 4000, stopped: ["n1"] };
    const cut = { kind: "cut", atMs: 1000, untilMs: 4100, cut: ALONE };
    expect(messages(leads([paused, cut]))).toEqual([]);
    expect(messages(leads([paused, { ...cut, untilMs: 4300 }])).length).toBe(1);
  });

  it("does not blame a leader that late answers keep in office", () => {
    // Seed 1240: two of a slow reader's old answers came while a ring of links was cut.
    const cut = { kind: "ring", atMs: 1000, untilMs: 4000, cut: ALONE };
    const slow = { kind: "slow-reader", atMs: 900, untilMs: 4150, hinders: true };
    expect(messages(leads([cut, slow]))).toEqual([]);
    expect(messages(leads([{ ...cut, untilMs: 4500 }, slow])).length).toBe(1);
  });

  it("does not blame one either that hears what was delayed before", () => {
    // Seed 203747: an answer came 1.9 s after delays were over, and what was sent later behind it.
    const cut = { kind: "one-way-out", atMs: 1000, untilMs: 4000, cut: ALONE };
    const delay = { kind: "delay", atMs: 800, untilMs: 950, hinders: true };
    expect(messages(leads([cut, { ...delay, lingersMs: 3000 }]))).toEqual([]);
    expect(messages(leads([cut, { ...delay, lingersMs: 2500 }])).length).toBe(1);
  });

  it("does not blame a leader whose process is dead", () => {
    expect(messages(leads([{ kind: "kill", atMs: 1000, stopped: ["n1", "n2"] }]))).toEqual([]);
  });

  describe("of a leader that a majority hears", () => {
    const cut = { kind: "pair-cut", atMs: 3000, untilMs: 3900, cut: [{ from: "n1", to: "n2" }] };
    const blamed = (faults: readonly Fault[], atMs = 3800) => {
      const trace = new TraceBuilder()
        .tell(100, "n1", 1, "election.won")
        .tell(atMs, "n2", 2, "election.started")
        .tell(6000, "n3", 2, "stream.opened").events;
      const needless = (message: string) => message.startsWith("n2 stands for term 2");
      return messages({ ...goodRun(), appends: [], trace, faults }).filter(needless).length;
    };

    it("lets nobody stand against it who does not hear it", () => {
      expect(blamed([cut])).toBe(1);
    });

    it("lets them while it has led or been heard for no longer than it takes to connect", () => {
      const silence = { kind: "split", atMs: 2000, untilMs: 3700, cut: [{ from: "n3", to: "n1" }] };
      expect(blamed([cut, silence])).toBe(0);
      expect(blamed([{ ...cut, atMs: 150 }], 390)).toBe(0);
    });

    it("lets them where more than links was broken lately, or a disk before", () => {
      expect(blamed([cut, { kind: "stream-break", atMs: 3790, untilMs: 3790 }])).toBe(0);
      expect(blamed([cut, { kind: "bit-rot", atMs: 900, untilMs: 900, mayHalt: ["n1"] }])).toBe(0);
      expect(blamed([cut, { kind: "stream-break", atMs: 900, untilMs: 900 }])).toBe(1);
    });
  });

  describe("of a lasting one-way cut", () => {
    const stuck = (fault: Partial<Fault>): RunRecord => {
      const run = goodRun();
      const one = { kind: "one-way cut", atMs: 3000, untilMs: 6000, ...fault };
      const appends = run.appends.map((append) =>
        append.values[0] === "e" ? { ...append, outcome: "unknown" as const } : append,
      );
      return { ...run, appends, faults: [one] };
    };
    const oneWay = [{ from: "n3", to: "n1" }];

    it("asks for progress where two can speak with each other", () => {
      expect(messages(stuck({ cut: oneWay })).length).toBe(1);
    });

    it("asks for none where no two can", () => {
      const ring = [...oneWay, { from: "n1", to: "n2" }, { from: "n2", to: "n3" }];
      const blamed = messages(stuck({ cut: ring })).filter((each) => each.includes("one-way"));
      expect(blamed).toEqual([]);
    });

    it("asks for none while something else hinders", () => {
      expect(messages(stuck({ cut: oneWay, hinders: true }))).toEqual([]);
    });

    it("says that it saw none when none lasted", () => {
      expect(stability.unseen(stuck({ cut: oneWay, untilMs: 3500 }))).toEqual([
        "no one-way cut lasted long enough to be judged",
      ]);
    });
  });
});
