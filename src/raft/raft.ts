import type { Random } from "../common/random.ts";
import type { RaftConfig } from "./config.ts";
import type { Effect } from "./effects.ts";
import type { RaftEvent } from "./events.ts";
import type { RaftStatus } from "./status.ts";

/** The consensus core: pure, deterministic, one mutating method. (Contract; the body follows.) */
export class Raft {
  constructor(config: RaftConfig, random: Random) {
    void config;
    void random;
  }

  /** Handles one event at monotonic time `nowMs`; returns what must be done, in order. */
  step(nowMs: number, event: RaftEvent): readonly Effect[] {
    void nowMs;
    void event;
    return [];
  }

  status(): RaftStatus {
    throw new Error("the core follows");
  }
}
