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

  it("knows no event that does not exist", () => {
    const names: readonly string[] = TRACE_EVENT_NAMES;
    expect([...INFO_EVENTS].filter((event) => !names.includes(event))).toEqual([]);
  });

  it("takes the second of two leader.ready: the one that takes appends", () => {
    expect(isLeaderReady({ event: "leader.ready", noopIndex: 1 })).toBe(false);
    expect(isLeaderReady({ event: "leader.ready", highWatermark: 0 })).toBe(true);
  });

  it("shows what is no JSON as it is", () => {
    expect(tellStory(parseLogLine("(node:1) Warning: odd"))).toBe("(node:1) Warning: odd");
    expect(tellStory(parseLogLine('{"msg":"serves clients"}'))).toBe("serves clients");
  });
});
