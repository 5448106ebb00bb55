import type { ClientWorld } from "../clients/client-world.ts";
import type { Fault, ReadLog, RunRecord } from "../history.ts";
import { isLeader, type SimHost } from "../host.ts";
import { keyOf } from "../read-log.ts";
import type { World } from "../world.ts";
import { BootStates } from "./boots.ts";
import { CrashStates, countedFates } from "./crashes.ts";
import { ElectionStates } from "./elections.ts";
import { LifeStates } from "./life.ts";
import { LogStates } from "./logs.ts";
import { MessageStates } from "./messages.ts";
import type { RareState } from "./names.ts";

const LOOK_EVERY_MS = 250;
const LEADERLESS_MS = 3000;

/** Watches one world and counts what it comes to. It changes nothing and draws nothing. */
export class RareStates {
  readonly counts: Partial<Record<RareState, number>> = {};
  readonly #world: World;
  #leaderSeenMs = 0;

  constructor(world: World) {
    this.#world = world;
    const messages = new MessageStates(this.count);
    const boots = new BootStates(world, this.count);
    world.network.unanswered = (from) => boots.unanswered(from);
    world.network.watch = (passing) => messages.passing(passing);
    world.network.resumed = () => this.count("snapshot.resumed");
    world.fates = (policy) => countedFates(policy, this.count);
    world.watchers.push(
      messages,
      new ElectionStates(world, this.count),
      new LogStates(this.count),
      boots,
      new CrashStates(this.count),
      new LifeStates(this.count),
      { ending: ({ halted }) => this.#ended(halted?.message) },
    );
    this.#look();
  }

  readonly count = (state: RareState): void => {
    this.counts[state] = (this.counts[state] ?? 0) + 1;
  };

  watchClients(clients: ClientWorld): void {
    clients.noted = (event) => {
      this.count(`client.${event}`);
      if (event === "append.acknowledged") this.#acknowledged();
    };
  }

  watchFaults(faults: readonly Fault[]): void {
    this.#faults = faults;
  }

  /** Whether appends of unknown outcome are in the log is seen in the end. */
  finish({ appends, logs }: RunRecord): void {
    const values = new Set(logs[0]?.entries.flatMap((entry) => entry.values));
    if (logs.length === 0) return;
    this.#finishKeys(appends, logs[0]);
    for (const append of appends)
      if (append.outcome === "unknown" && append.settledMs !== undefined)
        this.count(values.has(append.values[0] ?? "") ? "unknown.found" : "unknown.notFound");
  }

  /** Of a key whose newest record deleted it, nothing is left, the deletion included. */
  #finishKeys(appends: RunRecord["appends"], log: ReadLog | undefined): void {
    const { compactedTo = 0, snapshotEnd = 0, entries = [] } = log ?? {};
    const left = new Set(entries.flatMap(({ values }) => values.map(keyOf)));
    for (const { outcome, offset = 0, keys = [], deletes = [] } of appends)
      for (const [i, key] of keys.entries()) {
        const within = offset + i >= snapshotEnd && offset + i < compactedTo;
        if (outcome !== "acknowledged" || deletes[i] !== true || !within) continue;
        if (key !== undefined && !left.has(key)) this.count("compaction.tombstoneGone");
      }
  }

  #faults: readonly Fault[] = [];

  #look(): void {
    const { time, running } = this.#world;
    const leader = running.find((host) => isLeader(host) && host.node?.healthy === true);
    if (leader !== undefined) this.#leaderSeenMs = time.nowMs;
    else if (time.nowMs - this.#leaderSeenMs >= LEADERLESS_MS) {
      this.count("election.leaderless");
      this.#leaderSeenMs = time.nowMs;
    }
    const limit = this.#world.options.maxInflightMessages;
    const full = leader?.node?.status().raft?.peers.some((peer) => peer.inflightMessages >= limit);
    if (full === true) this.count("replication.windowFull");
    if (this.#world.options.life === true) this.#lookAtOutlook(leader);
    time.plan(LOOK_EVERY_MS, () => this.#look());
  }

  #lookAtOutlook(leader: SimHost | undefined): void {
    const reasons = new Set(leader?.node?.lifecycle.outlook().map(({ reason }) => reason));
    if (reasons.has("held back for a follower")) this.count("trim.heldBack");
    if (reasons.has("pinned by a transfer")) this.count("transfer.pinned");
  }

  #acknowledged(): void {
    if (this.#world.running.length < this.#world.hosts.length) this.count("progress.nodeDown");
    for (const { kind, untilMs } of this.#faults.slice(-12)) {
      if (untilMs !== undefined) continue;
      if (kind.startsWith("one-way") || kind === "lasting-cut") this.count("progress.oneWayCut");
      if (kind === "ring") this.count("progress.ring");
      if (kind === "lasting-stuck-disk") this.count("progress.stuckDisk");
    }
  }

  #ended(reason: string | undefined): void {
    if (reason === undefined) return;
    if (/cannot (write|create)/.test(reason)) this.count("disk.writeFailed");
    if (/cannot sync/.test(reason)) this.count("disk.syncFailed");
    if (/cannot (read|open)/.test(reason)) this.count("disk.readFailed");
  }
}
