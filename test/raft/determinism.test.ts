import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/common/random.ts";
import { type Effect, Raft, type RaftEvent } from "../../src/raft/index.ts";
import { anySchedule, playSchedule } from "./support/any-schedule.ts";
import { raftConfig } from "./support/raft-config.ts";

const IDS = ["n1", "n2", "n3"];

function told(seed: number, moves: Parameters<typeof playSchedule>[1]): string {
  const lines: string[] = [];
  const onStep = ({ nodeId }: { nodeId: string }, event: RaftEvent, effects: readonly Effect[]) => {
    lines.push(JSON.stringify([nodeId, event, effects]));
  };
  playSchedule(IDS, moves, { seed, onStep });
  return lines.join("\n");
}

describe("the core", () => {
  it("answers the same events with the same effects, to the byte", () => {
    const property = fc.property(anySchedule, ({ moves, seed }) => {
      expect(told(seed, moves)).toBe(told(seed, moves));
    });
    fc.assert(property, { numRuns: 30 });
  });

  it("takes another course with another seed", () => {
    const deadlines = [1, 2].map((seed) => {
      const raft = new Raft(raftConfig("n1", IDS), seededRandom(seed));
      return JSON.stringify(raft.status()) + JSON.stringify(firstEffects(raft));
    });
    expect(deadlines[0]).not.toBe(deadlines[1]);
  });

  it("does not change what it gave out before", () => {
    const raft = new Raft(raftConfig("n1", ["n1"]), seededRandom(1));
    const effects = firstEffects(raft);
    const status = raft.status();
    const before = JSON.stringify([effects, status]);
    raft.step(1, { type: "hardStatePersisted", hardState: hardStateIn(effects) });
    expect(JSON.stringify([effects, status])).toBe(before);
    expect(raft.status().role).toBe("leader");
  });
});

function firstEffects(raft: Raft): readonly Effect[] {
  const { currentTerm, firstIndex } = raft.status();
  const index = (firstIndex - 1) as typeof firstIndex;
  return raft.step(0, {
    type: "started",
    hardState: { currentTerm, votedFor: undefined },
    log: { prev: { index, term: currentTerm }, runs: [] },
  });
}

function hardStateIn(effects: readonly Effect[]) {
  const effect = effects.find(({ type }) => type === "persistHardState");
  if (effect?.type !== "persistHardState") throw new Error("no hard state was asked for");
  return effect.hardState;
}
