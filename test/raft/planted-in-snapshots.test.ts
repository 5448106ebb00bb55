import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { LogIndex, Term } from "../../src/common/brand.ts";
import { acknowledge } from "../../src/raft/acknowledge.ts";
import type * as LogViewModule from "../../src/raft/log-view.ts";
import type * as RecvAppendEntriesModule from "../../src/raft/recv-append-entries.ts";
import type * as RecvInstallSnapshotModule from "../../src/raft/recv-install-snapshot.ts";
import type * as SnapshotEventsModule from "../../src/raft/snapshot-events.ts";
import { anyScheduleWithTrims, playSchedule } from "./support/any-schedule.ts";
import { type Plant, plantedCore, playScenario, uproot } from "./support/planted-core.ts";

/**
 * Bugs that other implementations had where logs lose their prefix. The properties of Figure 3, or
 * an assertion of the core, must find each: the invariant checker is off.
 */
interface PlantedBug {
  readonly name: string;
  readonly module: string;
  readonly plant: Plant;
  readonly finding: RegExp;
}

const RECV_INSTALL_SNAPSHOT = "recv-install-snapshot.ts";

const PLANTED: readonly PlantedBug[] = [
  {
    name: "M16: what is not held has term 0, and term 0 is the same as term 0",
    finding: /are gone|leaves a gap|is not held|Log Matching|Leader Completeness/,
    module: "log-view.ts",
    plant: async (original) => {
      const real = (await original()) as typeof LogViewModule;
      class LogView extends real.LogView {
        override get firstIndex() {
          return 1 as LogIndex;
        }
        override termAt(index: LogIndex) {
          return super.termAt(index) ?? (0 as Term);
        }
      }
      return { ...real, LogView };
    },
  },
  {
    name: "M17: an entry is refused where the one before it is the snapshot",
    finding: /the cluster comes to rest|everything is committed everywhere/,
    module: "recv-append-entries.ts",
    plant: async (original) => {
      const real = (await original()) as typeof RecvAppendEntriesModule;
      const recv: typeof real.recvAppendEntries = (state, from, message) => {
        const { log, role } = state;
        const { prevLogIndex } = message;
        const leader = role.role === "follower" ? role.leader : undefined;
        if (prevLogIndex === 0 || prevLogIndex !== log.prev.index || leader?.leaderId !== from)
          return real.recvAppendEntries(state, from, message);
        const conflictIndex = (log.lastIndex + 1) as LogIndex;
        acknowledge(state, leader, { prevLogIndex, conflictTerm: undefined, conflictIndex });
      };
      return { ...real, recvAppendEntries: recv };
    },
  },
  {
    name: "M18: a snapshot keeps an entry of another term where it ends",
    finding: /State Machine Safety|Leader Completeness|Log Matching|committed/,
    module: RECV_INSTALL_SNAPSHOT,
    plant: async (original) => {
      const real = (await original()) as typeof RecvInstallSnapshotModule;
      const recv: typeof real.recvInstallSnapshot = (state, from, message) => {
        const { index, term } = message.last;
        const last = { index, term: state.log.termAt(index) ?? term };
        real.recvInstallSnapshot(state, from, { ...message, last });
      };
      return { ...real, recvInstallSnapshot: recv };
    },
  },
  {
    name: "M21: a second snapshot is installed while the first one is",
    finding: /only the snapshot that was asked for is installed/,
    module: RECV_INSTALL_SNAPSHOT,
    plant: async (original) => {
      const real = (await original()) as typeof RecvInstallSnapshotModule;
      const recv: typeof real.recvInstallSnapshot = (state, from, message) => {
        state.installing = undefined;
        real.recvInstallSnapshot(state, from, message);
      };
      return { ...real, recvInstallSnapshot: recv };
    },
  },
  {
    name: "M22: what no snapshot covers goes from the log",
    finding: /are gone|only what is committed may go|State Machine Safety|Leader Completeness/,
    module: "snapshot-events.ts",
    plant: async (original) => {
      const real = (await original()) as typeof SnapshotEventsModule;
      const prefixTruncated: typeof real.prefixTruncated = (state) => {
        real.prefixTruncated(state, state.log.last);
      };
      return { ...real, prefixTruncated };
    },
  },
];

/** M19: whatever comes is installed, as long as no other one is. */
async function installsOlder(original: () => Promise<unknown>): Promise<object> {
  const real = (await original()) as typeof RecvInstallSnapshotModule;
  const recv: typeof real.recvInstallSnapshot = (state, from, message) => {
    const { installing, log } = state;
    const { last } = message;
    if (installing !== undefined || last.index >= log.lastIndex)
      return real.recvInstallSnapshot(state, from, message);
    state.installing = { ...last, keepSuffix: false };
    state.outbox.push({ type: "installSnapshot", last, keepSuffix: false });
  };
  return { ...real, recvInstallSnapshot: recv };
}

/** All of a damaged log goes for a snapshot, also what follows it. */
async function losesSuffix(original: () => Promise<unknown>): Promise<object> {
  const real = (await original()) as typeof RecvInstallSnapshotModule;
  const recv: typeof real.recvInstallSnapshot = (state, from, message) => {
    const { installing, log } = state;
    const { last } = message;
    if (installing !== undefined || (log.firstFaulty ?? Number.POSITIVE_INFINITY) > last.index)
      return real.recvInstallSnapshot(state, from, message);
    state.installing = { ...last, keepSuffix: false };
    state.outbox.push({ type: "installSnapshot", last, keepSuffix: false });
  };
  return { ...real, recvInstallSnapshot: recv };
}

describe("a bug planted where logs lose their prefix", () => {
  afterEach(() => {
    for (const { module } of PLANTED) uproot(module);
  });

  it.each(PLANTED)("is found: $name", async ({ module, plant, finding }) => {
    const RaftClass = await plantedCore(module, plant);
    const property = fc.property(anyScheduleWithTrims, ({ moves, seed }) => {
      playSchedule(["n1", "n2", "n3"], moves, { seed, RaftClass, checked: false });
    });
    const found = fc.check(property, { seed: 7, numRuns: 5_000, endOnFailure: true });
    expect(String(found.errorInstance)).toMatch(finding);
  });

  it("is found: M19: an older snapshot takes the place of a newer log", async () => {
    const RaftClass = await plantedCore(RECV_INSTALL_SNAPSHOT, installsOlder);
    expect(() => playScenario("snapshot-of-what-is-held.txt", RaftClass)).toThrow(
      "Durability: n3 installs a snapshot up to 3 over entries up to 6",
    );
  });

  it("is found: a snapshot over damage takes what follows it as well", async () => {
    const RaftClass = await plantedCore(RECV_INSTALL_SNAPSHOT, losesSuffix);
    expect(() => playScenario("snapshot-over-damage.txt", RaftClass)).toThrow(
      "Durability: n3 installs a snapshot up to 3 over entries up to 3",
    );
  });

  it("is not found where there is none", () => {
    const property = fc.property(anyScheduleWithTrims, ({ moves, seed }) => {
      playSchedule(["n1", "n2", "n3"], moves, { seed, checked: false });
    });
    expect(fc.check(property, { seed: 7, numRuns: 300 }).failed).toBe(false);
  });
});
