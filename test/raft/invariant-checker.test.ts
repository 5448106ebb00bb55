import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import { type Effect, InvariantChecker } from "../../src/raft/index.ts";
import { FOLLOWER, IN_NEED, LEADER, id, leaderWith } from "./support/sound-states.ts";

const at = LogIndex;
const one = Term(1);

describe("a read", () => {
  const read = { type: "readRequested", requestId: 7 } as const;
  const ready: Effect = { type: "readReady", requestId: 7, index: at(3) };

  it("that is answered once passes", () => {
    const checker = new InvariantChecker(LEADER);
    checker.stepped(read, [], LEADER);
    expect(() => checker.stepped({ type: "timedOut" }, [ready], LEADER)).not.toThrow();
  });

  it("that is answered twice is found out", () => {
    const checker = new InvariantChecker(LEADER);
    expect(() => checker.stepped(read, [ready, ready], LEADER)).toThrow("answered once");
  });

  it("that is left behind when nobody leads is found out", () => {
    const checker = new InvariantChecker(FOLLOWER);
    checker.stepped(read, [], FOLLOWER);
    const after = { ...FOLLOWER, role: "preCandidate", leaderId: undefined } as const;
    const told: Effect = {
      type: "stateChanged",
      role: "preCandidate",
      term: one,
      leaderId: undefined,
    };
    expect(() => checker.stepped({ type: "timedOut" }, [told], after)).toThrow("waits for nobody");
  });
});

describe("a transfer", () => {
  const sent: Effect = { type: "sendSnapshot", to: "n2", term: one };
  const prev = { prev: id(1), firstIndex: at(2) };
  const leader = { ...leaderWith({ ...IN_NEED, nextIndex: at(2) }), ...prev };

  it("that ends before the next one begins passes", () => {
    const checker = new InvariantChecker(leader);
    checker.stepped({ type: "timedOut" }, [sent], leader);
    const ended = { type: "snapshotSent", to: "n2", term: one, last: undefined } as const;
    expect(() => checker.stepped(ended, [sent], leader)).not.toThrow();
  });

  it("that is asked for a second time is found out", () => {
    const checker = new InvariantChecker(leader);
    checker.stepped({ type: "timedOut" }, [sent], leader);
    expect(() => checker.stepped({ type: "timedOut" }, [sent], leader)).toThrow("at a time");
  });
});
