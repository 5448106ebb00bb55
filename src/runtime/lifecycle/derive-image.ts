import { LogIndex } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import type { StateImage, StateVoter } from "../../statemachine/checkpoint-state.ts";
import { LogState } from "../../statemachine/log-state.ts";
import type { CheckpointStore } from "../../storage/snapshots/types.ts";
import type { LogStore } from "../../storage/types.ts";
import { stateAt } from "./restored-state.ts";

/**
 * The state after the entry at `index`, which is committed and held: that of the newest intact
 * checkpoint up to there, and the few controls between. Only the newest checkpoints are kept, so
 * the one where a log shall begin is made when it is needed.
 * @throws LogError CORRUPT while an entry between is damaged, or when nothing is there to begin at
 */
export async function deriveImage(
  log: LogStore,
  store: CheckpointStore,
  voters: readonly StateVoter[],
  index: LogIndex,
): Promise<StateImage> {
  const start = log.start.last.index;
  const newest = await store.newest(index);
  const base = newest !== undefined && newest.start.last.index >= start ? newest : undefined;
  if (base === undefined && start > 0)
    throw new LogError("CORRUPT", `no intact checkpoint lies between ${start} and ${index}`);
  const state = base === undefined ? new LogState(voters) : stateAt(base);
  const from = state.appliedIndex;
  // Whatever is damaged before, or turns out to be, may be whole again at the end.
  const damaged = log.faulty.map((entry) => entry.index);
  const leftOut = (at: LogIndex) => void damaged.push(at);
  for await (const frame of log.nonDataFrames(LogIndex(from + 1), leftOut)) {
    if (frame.header.index > index) break;
    state.applyControl(frame);
  }
  damaged.push(...log.faulty.map((entry) => entry.index));
  const torn = damaged.find((at) => at > from && at <= index);
  if (torn === undefined) return state.image();
  throw new LogError("CORRUPT", `entry ${torn} is damaged and being repaired`);
}
