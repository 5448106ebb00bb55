import { assert } from "../common/assert.ts";
import type { LogIndex } from "../common/brand.ts";
import { next, plus, smaller } from "./log-index.ts";
import type { LogView } from "./log-view.ts";
import type { AppendEntries } from "./messages.ts";
import type { RaftState } from "./state.ts";
import type { TermRun } from "./types.ts";

/**
 * Takes what is new of entries whose predecessor matches. What is held already stays, also where
 * more follows it: an old or repeated message is no reason to cut (M14). Only an entry of another
 * term in the same place is, together with all that follow it (section 5.3).
 *
 * @returns the last entry of the message, or its prevLogIndex when it has none.
 */
export function storeEntries(state: RaftState, message: AppendEntries): LogIndex {
  const { log } = state;
  const fresh: TermRun[] = [];
  let last = message.prevLogIndex;
  for (const run of message.entries) {
    assert(run.term <= message.term, "no entry is newer than the leader that sends it");
    const held = fresh.length > 0 ? 0 : countHeld(log, next(last), run);
    if (held < run.count) {
      if (fresh.length === 0) cutConflict(state, plus(last, held + 1));
      fresh.push({ term: run.term, count: run.count - held });
    }
    last = plus(last, run.count);
  }
  if (fresh.length > 0) append(state, fresh);
  return last;
}

/** How many entries of `run`, which begins at `first`, this log has already. */
function countHeld(log: LogView, first: LogIndex, run: TermRun): number {
  const end = plus(first, run.count - 1);
  let index = first;
  while (index <= end && index <= log.lastIndex) {
    if (index <= log.prev.index) index = next(smaller(end, log.prev.index));
    else if (log.termAt(index) === run.term) index = next(smaller(end, log.endOfRunAt(index)));
    else break;
  }
  return index - first;
}

function cutConflict({ commitIndex, log, outbox }: RaftState, from: LogIndex): void {
  if (from > log.lastIndex) return;
  assert(from > commitIndex, `entry ${from} is committed here and another one at its leader`);
  log.truncateSuffix(from);
  outbox.push({ type: "truncateSuffix", from });
}

function append({ log, outbox }: RaftState, fresh: readonly TermRun[]): void {
  const first = next(log.lastIndex);
  for (const run of fresh) log.append(run);
  outbox.push({ type: "appendEntries", first, last: log.last, source: "leader" });
}
