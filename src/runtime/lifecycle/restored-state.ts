import { LogIndex } from "../../common/brand.ts";
import { FatalError } from "../../common/fatal-error.ts";
import type { Frame } from "../../common/frame.ts";
import type { EntryId } from "../../raft/types.ts";
import {
  decodeStateImage,
  type StateImage,
  type StateVoter,
} from "../../statemachine/checkpoint-state.ts";
import { LogState } from "../../statemachine/log-state.ts";
import { newestInLog } from "../../storage/snapshots/newest-in-log.ts";
import type {
  Checkpoint,
  CheckpointStatus,
  CheckpointStore,
} from "../../storage/snapshots/types.ts";
import type { LogStore } from "../../storage/types.ts";

/** What a boot makes of checkpoints and log. */
export interface RestoredState {
  readonly state: LogState;
  /** Last entry of the newest intact checkpoint: committed, and applied in `state`. */
  readonly committed: EntryId | undefined;
  /** Entries behind it that are no data, in order. */
  readonly controls: readonly Frame[];
  /** States at the ends of segments whose checkpoint was damaged or missing, to be saved again. */
  readonly captured: readonly { readonly index: LogIndex; readonly image: StateImage }[];
  readonly damaged: readonly CheckpointStatus[];
}

/**
 * Starts from the newest intact checkpoint: what it covers is committed and not replayed. Where an
 * older one is damaged the replay begins before it, so that it can be written anew.
 * @throws FatalError("corruption") when the log's start is gone and no checkpoint tells its state.
 */
export async function restoreState(
  log: LogStore,
  store: CheckpointStore,
  voters: readonly StateVoter[],
): Promise<RestoredState> {
  const start = log.start.last.index;
  // Not one that a crash left of a snapshot whose installation had not begun.
  const newest = await newestInLog(store, log);
  const damaged = store.list().filter(({ damage }) => damage !== undefined);
  if (newest === undefined && start > 0) throw lost(start, damaged);
  const base = newest && (await replayFrom(log, store, newest, damaged));
  const replayedTo = newest?.start.last.index ?? LogIndex(0);
  let state = base === undefined ? new LogState(voters) : stateAt(base);
  let behind = await controlsBehind(log, state);
  if (newest !== undefined && behind.leftOut.some((index) => index <= replayedTo)) {
    // Nobody had read so far back before. What the newest checkpoint says needs none of that.
    state = stateAt(newest);
    behind = await controlsBehind(log, state);
  }
  const { controls } = behind;
  const captured = replay(log, state, controls, replayedTo);
  if (newest !== undefined) state.advance(replayedTo, newest.start.nextOffset);
  return {
    ...{ state, captured, damaged },
    committed: newest?.start.last,
    controls: controls.filter(({ header }) => header.index > replayedTo),
  };
}

/** Entries that are no data and not applied in `state`, and which of them are damaged. */
async function controlsBehind(
  log: LogStore,
  { appliedIndex }: LogState,
): Promise<{ readonly controls: readonly Frame[]; readonly leftOut: readonly LogIndex[] }> {
  const controls: Frame[] = [];
  const leftOut: LogIndex[] = [];
  const frames = log.nonDataFrames(LogIndex(appliedIndex + 1), (at) => void leftOut.push(at));
  for await (const frame of frames) controls.push(frame);
  return { controls, leftOut };
}

/** The state that a checkpoint holds. */
export function stateAt({ start, state }: Checkpoint): LogState {
  const { last, nextOffset } = start;
  return LogState.restore(decodeStateImage(state), { index: last.index, nextOffset });
}

/** An intact checkpoint before the oldest damaged one, as far as the log between is whole. */
async function replayFrom(
  log: LogStore,
  store: CheckpointStore,
  newest: Checkpoint,
  damaged: readonly CheckpointStatus[],
): Promise<Checkpoint | undefined> {
  const start = log.start.last.index;
  const until = newest.start.last.index;
  const oldest = damaged.find(({ index }) => index > start && index < until);
  if (oldest === undefined) return newest;
  const older = notBefore(await store.newest(LogIndex(oldest.index - 1)), start);
  if (older === undefined && start > 0) return newest;
  const from = older?.start.last.index ?? 0;
  const torn = log.faulty.some(({ index }) => index > from && index <= until);
  return torn ? newest : older;
}

/** Applies the controls up to `upTo`, and keeps the state at every seal on the way. */
function replay(
  log: LogStore,
  state: LogState,
  controls: readonly Frame[],
  upTo: LogIndex,
): RestoredState["captured"] {
  const captured: { index: LogIndex; image: StateImage }[] = [];
  const from = state.appliedIndex;
  let at = 0;
  const applyUpTo = (index: LogIndex) => {
    for (; at < controls.length; at++) {
      const control = controls[at];
      if (control === undefined || control.header.index > index) break;
      state.applyControl(control);
    }
  };
  for (const { lastIndex: index, state: kind } of log.segments()) {
    if (index <= from || index >= upTo || kind !== "sealed") continue;
    applyUpTo(index);
    captured.push({ index, image: state.image() });
  }
  applyUpTo(upTo);
  return captured;
}

function notBefore(found: Checkpoint | undefined, start: LogIndex): Checkpoint | undefined {
  return found !== undefined && found.start.last.index >= start ? found : undefined;
}

function lost(start: LogIndex, damaged: readonly CheckpointStatus[]): FatalError {
  const files = damaged.map(({ file, damage }) => `snapshots/${file} (${damage})`).join(", ");
  return new FatalError(
    "corruption",
    `the log begins after entry ${start} and no checkpoint from there on is intact: ` +
      `${files === "" ? "none is there" : files}; copy one of the same name from another node, ` +
      "or wipe this node and let the leader send it a snapshot (docs/runtime.md)",
  );
}
