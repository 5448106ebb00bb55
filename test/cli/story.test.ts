import { describe, expect, it } from "vitest";
import { TRACE_EVENT_NAMES } from "../../src/common/trace.ts";
import { INFO_EVENTS, isLeaderReady, parseLogLine, tellStory } from "../../src/cli/story.ts";

describe("a node's story", () => {
  it("tells elections in words", () => {
    expect(tellStory({ event: "election.won", term: 3 })).toBe("won the election of term 3");
    expect(tellStory({ event: "leader.followed", leaderId: "n2", term: 3 })).toBe(
      "follows n2 in term 3",
    );
  });

  it("is silent about what happens per entry", () => {
    for (const event of ["entry.appended", "entry.committed", "disk.synced", "vote.granted"]) {
      expect(tellStory({ event })).toBeUndefined();
      expect(INFO_EVENTS.has(event)).toBe(false);
    }
  });

  it("tells of damage, of a disk in trouble, and of who forgot", () => {
    const told = (event: string, facts: object) => tellStory({ event, ...facts });
    const damage = { index: 7, file: "0.log", position: 88 };
    expect(told("entry.damaged", damage)).toContain("DAMAGE: entry 7, 0.log at byte 88");
    expect(told("entry.repaired", { index: 7, from: "n2" })).toBe(
      "entry 7 is whole again, from n2",
    );
    expect(told("disk.low", { freeBytes: 12e6 })).toContain("almost full (12.0 MB free)");
    expect(told("peer.forgot", { peer: "n3", matchIndex: 9 })).toContain("n3 no longer has");
    expect(told("entry.discarded", { index: 7 })).toContain("gave up damaged entry 7");
    for (const event of ["segment.rebuilt", "disk.recovered", "disk.stalled", "leader.repairing"])
      expect(told(event, {}), event).toBeDefined();
  });

  it("has no line for what is over in a moment", () => {
    expect(tellStory({ event: "cluster.waiting", reason: "recovering the log" })).toBeUndefined();
    expect(tellStory({ event: "cluster.waiting", reason: "waiting to meet n2" })).toBeDefined();
  });

  it("knows no event that does not exist", () => {
    const names: readonly string[] = TRACE_EVENT_NAMES;
    expect([...INFO_EVENTS].filter((event) => !names.includes(event))).toEqual([]);
  });

  it("knows a leader that takes appends from one whose first entry is committed", () => {
    expect(isLeaderReady({ event: "leader.noopApplied", noopIndex: 1 })).toBe(false);
    expect(isLeaderReady({ event: "leader.ready", highWatermark: 0 })).toBe(true);
  });

  it("shows what is no JSON as it is", () => {
    expect(tellStory(parseLogLine("(node:1) Warning: odd"))).toBe("(node:1) Warning: odd");
    expect(tellStory(parseLogLine('{"msg":"serves clients"}'))).toBe("serves clients");
  });
});
