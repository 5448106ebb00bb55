import { assert, unreachable } from "../common/assert.ts";
import { LogIndex, Term } from "../common/brand.ts";
import type { Random } from "../common/random.ts";
import { recordApplied } from "./commit.ts";
import { assertConfig, type RaftConfig } from "./config.ts";
import { armDeadline } from "./deadline.ts";
import type { Effect } from "./effects.ts";
import type { RaftEvent } from "./events.ts";
import { peerAdmitted, streamClosed } from "./peer-events.ts";
import { entriesPersisted, hardStatePersisted } from "./persisted.ts";
import { propose } from "./propose.ts";
import { requestRead } from "./read-index.ts";
import { receive } from "./receive.ts";
import { faultyChanged, recordMissing } from "./repair.ts";
import { recordSent } from "./replication.ts";
import { prefixTruncated, snapshotInstalled, snapshotSent } from "./snapshot-events.ts";
import { initialState, type OnDisk, start } from "./started.ts";
import type { RaftState } from "./state.ts";
import type { RaftStatus } from "./status.ts";
import { statusOf } from "./status-of.ts";
import { timedOut } from "./timeout.ts";

const NOTHING_ON_DISK: OnDisk = {
  hardState: { currentTerm: Term(0), votedFor: undefined },
  log: { prev: { index: LogIndex(0), term: Term(0) }, runs: [] },
};

/** The consensus core: pure, deterministic, one mutating method. */
export class Raft {
  readonly #config: RaftConfig;
  readonly #random: Random;
  #state: RaftState;
  #started = false;

  constructor(config: RaftConfig, random: Random) {
    assertConfig(config);
    this.#config = config;
    this.#random = random;
    this.#state = initialState(config, random, NOTHING_ON_DISK);
  }

  /**
   * Handles one event at monotonic time `nowMs`; returns what must be done, in order.
   * @throws AssertionError when an invariant is broken: the node must stop, the core is undefined.
   */
  step(nowMs: number, event: RaftEvent): readonly Effect[] {
    assert(this.#started !== (event.type === "started"), "`started` comes first, and once");
    if (event.type === "started") {
      this.#started = true;
      this.#state = initialState(this.#config, this.#random, event);
    }
    const state = this.#state;
    state.nowMs = Math.max(state.nowMs, nowMs);
    handle(state, event);
    state.disk.observe(state);
    armDeadline(state);
    return state.outbox.take(state.hardState);
  }

  status(): RaftStatus {
    return statusOf(this.#state);
  }
}

function handle(state: RaftState, event: RaftEvent): void {
  switch (event.type) {
    case "started":
      return start(state);
    case "timedOut":
      state.armedMs = undefined;
      return timedOut(state);
    case "received":
      return receive(state, event.from, event.message);
    case "proposed":
      return propose(state, event.proposals);
    case "entriesPersisted":
      return entriesPersisted(state, event.last);
    case "hardStatePersisted":
      return hardStatePersisted(state, event.hardState);
    case "sent":
      return recordSent(state, event);
    case "prefixTruncated":
      return prefixTruncated(state, event.last);
    case "snapshotSent":
      return snapshotSent(state, event);
    case "snapshotInstalled":
      return snapshotInstalled(state, event.last);
    case "streamClosed":
      return streamClosed(state, event.peer);
    case "peerAdmitted":
      return peerAdmitted(state, event.peer, event.admitted);
    case "applied":
      return recordApplied(state, event.index);
    case "faultyChanged":
      return faultyChanged(state, event.first);
    case "entryMissing":
      return recordMissing(state, event);
    case "diskSpaceChanged":
      state.disk.low = event.low;
      return;
    case "readRequested":
      return requestRead(state, event.requestId);
    default:
      return unreachable(event);
  }
}
