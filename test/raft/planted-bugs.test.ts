import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type * as CommitModule from "../../src/raft/commit.ts";
import { commitTo } from "../../src/raft/commit.ts";
import type * as OutboxModule from "../../src/raft/outbox.ts";
import type * as QuorumModule from "../../src/raft/quorum.ts";
import type * as LogViewModule from "../../src/raft/log-view.ts";
import type * as ReadIndexModule from "../../src/raft/read-index.ts";
import type * as RecvAppendEntriesModule from "../../src/raft/recv-append-entries.ts";
import type * as RecvVoteResultModule from "../../src/raft/recv-request-vote-result.ts";
import type * as StoreEntriesModule from "../../src/raft/store-entries.ts";
import type * as TransitionsModule from "../../src/raft/transitions.ts";
import type * as RepairModule from "../../src/raft/repair.ts";
import {
  anySchedule,
  anyScheduleWithDamage,
  anyScheduleWithTrims,
  playSchedule,
} from "./support/any-schedule.ts";
import { type Plant, plantedCore, playScenario, uproot } from "./support/planted-core.ts";

/**
 * Bugs that other implementations had, planted into the real core one at a time. The properties of
 * Figure 3, or an assertion of the core, must find each: the invariant checker is off.
 */
interface PlantedBug {
  readonly name: string;
  /** The file of `src/raft/` where it is planted, and what that becomes. */
  readonly module: string;
  readonly plant: Plant;
  /** What the properties say when they find it. */
  readonly finding: RegExp;
  /** Found only where disks rot. */
  readonly damage?: boolean;
  /** Found only by the invariants of the single step. */
  readonly checked?: boolean;
}

const PLANTED: readonly PlantedBug[] = [
  {
    name: "M2: votes and terms are told before they are on disk",
    finding: /Election Safety|Leader Completeness|State Machine Safety|Durability/,
    module: "outbox.ts",
    plant: async (original) => {
      const real = (await original()) as typeof OutboxModule;
      class Outbox extends real.Outbox {
        override isDurable(): boolean {
          return true;
        }
        override send(...[to, message]: Parameters<OutboxModule.Outbox["send"]>): void {
          this.push({ type: "send", to, message });
        }
      }
      return { ...real, Outbox };
    },
  },
  {
    name: "M4: the vote is forgotten when a candidate steps down in its term",
    finding: /Election Safety|only a hard state that was asked for is persisted/,
    module: "transitions.ts",
    plant: async (original) => {
      const real = (await original()) as typeof TransitionsModule;
      const becomeFollower: typeof real.becomeFollower = (state, term, leaderId) => {
        real.becomeFollower(state, term, leaderId);
        const hardState = { currentTerm: term, votedFor: undefined };
        Object.assign(state, { hardState });
      };
      const observeTerm: typeof real.observeTerm = (state, term) => {
        if (term > state.hardState.currentTerm) becomeFollower(state, term, undefined);
        else if (state.role.role === "candidate") becomeFollower(state, term, undefined);
      };
      return { ...real, becomeFollower, observeTerm };
    },
  },
  {
    name: "M5: a pre-vote is counted as a vote",
    finding: /Election Safety|Leader Completeness|a leader's own vote is on disk/,
    module: "recv-request-vote-result.ts",
    plant: async (original) => {
      const real = (await original()) as typeof RecvVoteResultModule;
      const recv: typeof real.recvRequestVoteResult = (state, from, result) => {
        const { currentTerm } = state.hardState;
        const preVote = result.preVote && state.role.role === "preCandidate";
        real.recvRequestVoteResult(state, from, {
          ...result,
          term: preVote ? result.term : currentTerm,
          preVote,
        });
      };
      return { ...real, recvRequestVoteResult: recv };
    },
  },
  {
    name: "M45: what a leader has sent counts as what its followers have on disk",
    finding: /Durability/,
    module: "commit.ts",
    plant: async (original) => {
      const real = (await original()) as typeof CommitModule;
      const advance: typeof real.advanceCommitIndex = (state, leader) => {
        const { lastIndex } = state.log;
        if (lastIndex > state.commitIndex && leader.ready) commitTo(state, lastIndex);
        else real.advanceCommitIndex(state, leader);
      };
      return { ...real, advanceCommitIndex: advance };
    },
  },
  {
    name: "M11: a follower commits what its leader has not verified",
    finding: /State Machine Safety|Leader Completeness|Durability/,
    module: "recv-append-entries.ts",
    plant: async (original) => {
      const real = (await original()) as typeof RecvAppendEntriesModule;
      const recv: typeof real.recvAppendEntries = (state, from, message) => {
        real.recvAppendEntries(state, from, message);
        const { lastIndex } = state.log;
        const index = message.leaderCommit < lastIndex ? message.leaderCommit : lastIndex;
        if (index > state.commitIndex) commitTo(state, index);
      };
      return { ...real, recvAppendEntries: recv };
    },
  },
  {
    name: "M14: an old AppendEntries cuts off what follows it",
    finding: /Durability|Leader Completeness|cut|committed/,
    module: "store-entries.ts",
    plant: async (original) => {
      const real = (await original()) as typeof StoreEntriesModule;
      const storeEntries: typeof real.storeEntries = (state, message) => {
        const last = real.storeEntries(state, message);
        if (last < state.log.lastIndex && message.entries.length > 0) {
          const from = (last + 1) as typeof last;
          state.log.truncateSuffix(from);
          state.outbox.push({ type: "truncateSuffix", from });
        }
        return last;
      };
      return { ...real, storeEntries };
    },
  },
  {
    name: "M25: a read is served before the term's no-op is committed",
    finding: /Linearizable Reads/,
    module: "read-index.ts",
    plant: async (original) => {
      const real = (await original()) as typeof ReadIndexModule;
      const requestRead: typeof real.requestRead = (state, requestId) => {
        if (state.role.role !== "leader") return real.requestRead(state, requestId);
        const { noopIndex } = state.role;
        const early = { ...state.role, noopIndex: 0 as typeof noopIndex };
        return real.serveRead(state, early, { from: undefined, requestId });
      };
      return { ...real, requestRead };
    },
  },
  {
    name: "M27: a leader answers reads without asking whether it still leads",
    finding: /Linearizable Reads/,
    module: "read-index.ts",
    plant: async (original) => {
      const real = (await original()) as typeof ReadIndexModule;
      const requestRead: typeof real.requestRead = (state, requestId) => {
        if (state.role.role !== "leader" || !state.role.ready)
          return real.requestRead(state, requestId);
        return state.outbox.push({ type: "readReady", requestId, index: state.commitIndex });
      };
      return { ...real, requestRead };
    },
  },
  {
    name: "a quorum is half of the voters",
    finding: /Election Safety|Durability|Linearizable Reads|Leader Completeness/,
    module: "quorum.ts",
    plant: async (original) => {
      const real = (await original()) as typeof QuorumModule;
      return {
        ...real,
        hasQuorum: (...asked: Parameters<typeof real.hasQuorum>) => {
          const [state, says] = asked;
          return real.hasQuorum(state, says) || says(state.config.nodeId);
        },
      };
    },
  },
  {
    name: "a damaged entry counts as on disk",
    finding: /Durability/,
    damage: true,
    module: "log-view.ts",
    plant: async (original) => {
      const real = (await original()) as typeof LogViewModule;
      class LogView extends real.LogView {
        override get durableIndex() {
          return this.syncedIndex;
        }
      }
      return { ...real, LogView };
    },
  },
  {
    name: "one voter fewer than a majority is enough to cut a damaged entry",
    finding: /State Machine Safety|Leader Completeness|committed/,
    damage: true,
    module: "repair.ts",
    plant: async (original) => {
      const real = (await original()) as typeof RepairModule;
      const recordMissing: typeof real.recordMissing = (state, event) => {
        for (const peer of state.peers.keys()) real.recordMissing(state, { ...event, peer });
      };
      return { ...real, recordMissing };
    },
  },
  {
    name: "a leader appends its no-op before its log is whole",
    finding: /a leader begins its term on a whole log/,
    damage: true,
    checked: true,
    module: "repair.ts",
    plant: async (original) => {
      const real = (await original()) as typeof RepairModule;
      const beginTerm: typeof real.beginTerm = (state, leader) => {
        leader.repair = undefined;
        real.beginTerm(state, leader);
      };
      return { ...real, beginTerm };
    },
  },
];

const COMMIT = "commit.ts";
const REPAIR = "repair.ts";

/** M1: what a majority of five holds is committed, whatever its term. */
async function countsOldTerms(original: () => Promise<unknown>): Promise<object> {
  const real = (await original()) as typeof CommitModule;
  const advance: typeof real.advanceCommitIndex = (state, leader) => {
    const held = Array.from(leader.followers.values(), ({ matchIndex }) => matchIndex);
    const onMajority = [...held, state.log.durableIndex].sort((a, b) => b - a)[2];
    if (onMajority !== undefined && onMajority > state.commitIndex) commitTo(state, onMajority);
  };
  return { ...real, advanceCommitIndex: advance };
}

/** A voter that still followed an older leader when it denied the entry is believed. */
async function believesOldDenials(original: () => Promise<unknown>): Promise<object> {
  const real = (await original()) as typeof RepairModule;
  const recordMissing: typeof real.recordMissing = (state, event) =>
    real.recordMissing(state, { ...event, term: state.hardState.currentTerm });
  return { ...real, recordMissing };
}

describe("a planted bug", () => {
  afterEach(() => {
    for (const module of [COMMIT, ...PLANTED.map((bug) => bug.module)]) uproot(module);
  });

  it.each(PLANTED)(
    "is found: $name",
    async ({ module, plant, finding, damage, checked = false }) => {
      const RaftClass = await plantedCore(module, plant);
      const schedule = damage === true ? anyScheduleWithDamage : anySchedule;
      const property = fc.property(schedule, ({ moves, seed }) => {
        playSchedule(["n1", "n2", "n3"], moves, { seed, RaftClass, checked });
      });
      const found = fc.check(property, { seed: 7, numRuns: 10_000, endOnFailure: true });
      expect(String(found.errorInstance)).toMatch(finding);
    },
  );

  /** No random schedule of reasonable length walks into Figure 8; the figure does. */
  it("is found: M1: an older term's entry is committed by counting its copies", async () => {
    const RaftClass = await plantedCore(COMMIT, countsOldTerms);
    expect(() => playScenario("figure-8.txt", RaftClass)).toThrow(
      "Leader Completeness: n5 leads term 5 without entry 2",
    );
  });

  /** It takes five nodes, and a denial that is older than the election of who asked. */
  it("is found: a denial counts although its voter still followed an older leader", async () => {
    const RaftClass = await plantedCore(REPAIR, believesOldDenials);
    expect(() => playScenario("old-denial.txt", RaftClass)).toThrow("State Machine Safety");
  });

  it("is not found where there is none", () => {
    const property = fc.property(anyScheduleWithTrims, ({ moves, seed }) => {
      playSchedule(["n1", "n2", "n3"], moves, { seed, checked: false });
    });
    expect(fc.check(property, { seed: 7, numRuns: 1_000 }).failed).toBe(false);
  });
});
