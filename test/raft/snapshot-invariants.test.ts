import { describe, expect, it } from "vitest";
import { LogIndex, Term } from "../../src/common/brand.ts";
import type { Effect, EntryId, RaftStatus } from "../../src/raft/index.ts";
import type { Step } from "../../src/raft/step.ts";
import { checkStep } from "../../src/raft/step-invariants.ts";
import { append, Solo } from "./support/solo.ts";

const at = LogIndex;

function id(index: number): EntryId {
  return { index: at(index), term: Term(1) };
}

/** It follows n2 in term 1 and holds five entries, of which three are committed. */
function follower(): RaftStatus {
  const solo = new Solo({ log: [1, 1, 1, 1, 1] });
  solo.receive("n2", append(1, "n2", { prev: [5, 1], commit: 3 }));
  return solo.status;
}

const BEFORE = follower();
const DURABLE = { currentTerm: Term(1), votedFor: undefined };

/** A snapshot up to 4@1 comes to a log that is damaged at `index`, and its suffix is to stay. */
function comes(index: number): Step {
  const before = { ...BEFORE, firstFaulty: at(index), durableIndex: at(index - 1) };
  const last = id(4);
  const message = { type: "InstallSnapshot", term: Term(1), leaderId: "n2", last } as const;
  const effects: readonly Effect[] = [{ type: "installSnapshot", last, keepSuffix: true }];
  const after = { ...before, installing: { ...last, keepSuffix: true } };
  return {
    before,
    event: { type: "received", from: "n2", message },
    effects,
    after,
    durable: DURABLE,
  };
}

/** It is on the disk, and the log ends with `lastIndex`. */
function installed(lastIndex: number): Step {
  const { after: before } = comes(2);
  const whole = { firstFaulty: undefined, durableIndex: at(lastIndex), lastIndex: at(lastIndex) };
  const moved = { prev: id(4), firstIndex: at(5), commitIndex: at(4), appliedIndex: at(4) };
  const after = { ...before, ...whole, ...moved, installing: undefined };
  const event = { type: "snapshotInstalled", last: id(4) } as const;
  return { before, event, effects: [], after, durable: DURABLE };
}

describe("a snapshot that takes the place of damage", () => {
  it("keeps what follows it, and passes", () => {
    expect(() => checkStep(comes(2))).not.toThrow();
    expect(() => checkStep(installed(5))).not.toThrow();
  });

  it("is found out where nothing that it covers is damaged", () => {
    expect(() => checkStep(comes(5))).toThrow("a snapshot is installed only over what");
  });

  it("is found out when it takes more than it covers", () => {
    expect(() => checkStep(installed(4))).toThrow("changes nothing there");
  });
});
