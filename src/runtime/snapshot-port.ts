import type { Effect } from "../raft/index.ts";

type EffectOf<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;

/** Carries out what the core asks of snapshots (docs/effects.md). */
export interface SnapshotPort {
  /** Sends one to a follower. Posts `snapshotSent`, always and once. */
  send(effect: EffectOf<"sendSnapshot">): void;
  /** Makes the one staged last the log. Posts `snapshotInstalled` when that is durable. */
  install(effect: EffectOf<"installSnapshot">): void;
  /** Drops the one staged last; one that is being installed stays. */
  discard(effect: EffectOf<"discardSnapshot">): void;
}
