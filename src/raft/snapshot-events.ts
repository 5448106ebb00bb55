import { assert } from "../common/assert.ts";
import { acknowledge } from "./acknowledge.ts";
import type { RaftEvent } from "./events.ts";
import { larger } from "./log-index.ts";
import { changeDamage } from "./repair.ts";
import { replicateTo, replicateToAll } from "./replication.ts";
import type { RaftState } from "./state.ts";
import type { EntryId } from "./types.ts";

/**
 * The log begins after `last` by now. Followers that lack what went get a snapshot; damage that
 * lay there is gone. A snapshot that was installed meanwhile makes this old.
 */
export function prefixTruncated(state: RaftState, last: EntryId): void {
  const { commitIndex, log, role } = state;
  if (last.index <= log.prev.index) return;
  assert(last.index <= commitIndex, "only what is committed may go from the log");
  changeDamage(state, () => {
    log.truncatePrefix(last);
    if (role.role !== "leader") return;
    for (const follower of role.followers.values()) follower.logBegins(log.firstIndex);
  });
  if (role.role === "leader") replicateToAll(state, role);
}

type SnapshotSent = Extract<RaftEvent, { type: "snapshotSent" }>;

/** A transfer ended, well or not; of an earlier leadership: ignored. */
export function snapshotSent(state: RaftState, { to, term, last }: SnapshotSent): void {
  const { role } = state;
  if (role.role !== "leader" || term !== state.hardState.currentTerm) return;
  const follower = role.followers.get(to);
  if (follower === undefined) return;
  follower.snapshotSent(last?.index);
  replicateTo(state, role, to, follower);
}

/**
 * The snapshot is the log now, or its prefix. What it covers is committed, so the leader has it,
 * whichever leads by now: that may be a newer one than sent it.
 */
export function snapshotInstalled(state: RaftState, last: EntryId): void {
  const { installing, log, role } = state;
  assert(
    installing?.index === last.index && installing.term === last.term,
    "only the snapshot that was asked for is installed",
  );
  assert(role.role === "follower", "who installs a snapshot is a follower");
  const { keepSuffix } = installing;
  state.installing = undefined;
  if (!keepSuffix) log.reset(last);
  // The prefix may have gone further meanwhile, by itself.
  else if (last.index > log.prev.index) log.truncatePrefix(last);
  state.commitIndex = larger(state.commitIndex, last.index);
  state.appliedIndex = larger(state.appliedIndex, last.index);
  if (role.leader === undefined) return;
  const verified = keepSuffix ? role.leader.verifiedIndex : last.index;
  role.leader.verifiedIndex = larger(verified, last.index);
  acknowledge(state, role.leader);
}
