import { LogIndex, Term } from "../common/brand.ts";
import type { LogTerms } from "../raft/types.ts";

/**
 * The terms of a whole log as one fact of a trace event: `0@0 1x12 4x3` is a log that begins after
 * entry 0 of term 0 and holds twelve entries of term 1, then three of term 4.
 */
export function termRunsText({ prev, runs }: LogTerms): string {
  return [`${prev.index}@${prev.term}`, ...runs.map(({ term, count }) => `${term}x${count}`)].join(
    " ",
  );
}

/** What `termRunsText` wrote. Throws when it is something else. */
export function parseTermRuns(text: string): LogTerms {
  const [prev = "", ...runs] = text.split(" ");
  const [index, term] = prev.split("@").map(Number);
  return {
    prev: { index: LogIndex(index ?? Number.NaN), term: Term(term ?? Number.NaN) },
    runs: runs.map((run) => {
      const [ofTerm, count] = run.split("x").map(Number);
      return { term: Term(ofTerm ?? Number.NaN), count: count ?? Number.NaN };
    }),
  };
}
