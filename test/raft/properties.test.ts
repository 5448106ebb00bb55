import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Effect, RaftEvent } from "../../src/raft/index.ts";
import {
  anyScheduleWithDamage,
  anyScheduleWithTrims,
  playSchedule,
} from "./support/any-schedule.ts";

/** How often each event, message, effect and trace event was seen. */
class Census {
  readonly #seen = new Map<string, number>();

  readonly onStep = (_node: unknown, event: RaftEvent, effects: readonly Effect[]): void => {
    this.#count(event.type === "received" ? event.message.type : event.type);
    for (const effect of effects) {
      this.#count(effect.type);
      if (effect.type === "trace") this.#count(effect.event);
      if (effect.type === "installSnapshot" && effect.keepSuffix) this.#count("suffixKept");
    }
  };

  of(what: string): number {
    return this.#seen.get(what) ?? 0;
  }

  #count(what: string): void {
    this.#seen.set(what, this.of(what) + 1);
  }
}

describe("any schedule of messages, syncs, crashes, cut links, damage and full disks", () => {
  it.each([
    ["three", ["n1", "n2", "n3"], 1_000],
    ["five", ["n1", "n2", "n3", "n4", "n5"], 400],
    ["two", ["n1", "n2"], 200],
    ["one", ["n1"], 100],
  ])("keeps the properties of Figure 3, and then heals, on %s nodes", (_count, ids, numRuns) => {
    const property = fc.property(anyScheduleWithDamage, ({ moves, seed }) => {
      playSchedule(ids, moves, { seed });
    });
    fc.assert(property, { numRuns });
  });

  it("meets what it is about", () => {
    const census = new Census();
    const property = fc.property(anyScheduleWithDamage, ({ moves, seed }) => {
      playSchedule(["n1", "n2", "n3"], moves, { seed, onStep: census.onStep });
    });
    fc.assert(property, { numRuns: 300, seed: 1 });
    const rarest = {
      truncateSuffix: 10,
      "leader.steppedDown": 20,
      rejectProposals: 20,
      "leader.repairing": 20,
    };
    for (const [what, least] of Object.entries(rarest))
      expect(census.of(what), what).toBeGreaterThan(least);
    // Disks lose nothing here that was synced, so whoever is said to have forgotten is wronged.
    expect(census.of("peer.forgot")).toBe(0);
    const common = [
      "election.won",
      "commit",
      "readReady",
      "readRejected",
      "streamClosed",
      "faultyChanged",
    ];
    for (const what of common) expect(census.of(what), what).toBeGreaterThan(200);
  });
});

describe("any schedule in which logs lose their prefix as well", () => {
  it.each([
    ["three", ["n1", "n2", "n3"], 600],
    ["five", ["n1", "n2", "n3", "n4", "n5"], 200],
    ["two", ["n1", "n2"], 200],
    ["one", ["n1"], 100],
  ])("keeps the properties of Figure 3, and then heals, on %s nodes", (_count, ids, numRuns) => {
    const property = fc.property(anyScheduleWithTrims, ({ moves, seed }) => {
      playSchedule(ids, moves, { seed });
    });
    fc.assert(property, { numRuns });
  });

  it("meets what it is about", () => {
    const census = new Census();
    const property = fc.property(anyScheduleWithTrims, ({ moves, seed }) => {
      playSchedule(["n1", "n2", "n3"], moves, { seed, onStep: census.onStep });
    });
    fc.assert(property, { numRuns: 300, seed: 1 });
    const least = {
      prefixTruncated: 1_000,
      sendSnapshot: 500,
      snapshotInstalled: 300,
      discardSnapshot: 10,
      suffixKept: 3,
    };
    for (const [what, often] of Object.entries(least))
      expect(census.of(what), what).toBeGreaterThan(often);
    expect(census.of("peer.forgot")).toBe(0);
  });
});
