import { acknowledgeDurable } from "./acknowledge.ts";
import { advanceCommitIndex } from "./commit.ts";
import { countOwnVote } from "./election.ts";
import type { RaftState } from "./state.ts";
import type { EntryId, HardState } from "./types.ts";

/** Entries are synced: a follower tells its leader, a leader counts its own copy. */
export function entriesPersisted(state: RaftState, last: EntryId): void {
  if (!state.log.persisted(last)) return;
  if (state.role.role === "leader") advanceCommitIndex(state, state.role);
  else acknowledgeDurable(state);
}

/** Term and vote are synced: what they were told to wait for may happen now. */
export function hardStatePersisted(state: RaftState, hardState: HardState): void {
  state.outbox.hardStatePersisted(hardState);
  countOwnVote(state);
}
