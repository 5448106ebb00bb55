import type { LogIndex, Term } from "../../common/brand.ts";
import type { LogTerms } from "../../raft/types.ts";

/** The term of the entry at `index`, or of the one before the first that is held. */
export function termAt({ prev, runs }: LogTerms, index: LogIndex): Term | undefined {
  if (index === prev.index) return prev.term;
  let last: number = prev.index;
  for (const { term, count } of runs) {
    last += count;
    if (index > prev.index && index <= last) return term;
  }
  return undefined;
}
