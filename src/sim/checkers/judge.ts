import type { RunRecord } from "../history.ts";
import { ALL_CHECKS } from "./all-checks.ts";
import type { Check } from "./check.ts";
import type { Violation } from "./violation.ts";

/** Something that a check could not look at. */
export interface Skipped {
  /** Id and name: `K11 stale bound`. */
  readonly check: string;
  readonly reason: string;
}

export interface Verdict {
  /** Empty when nothing was found by those that looked. */
  readonly violations: readonly Violation[];
  /** What was not looked at, and why: it was not passed either. */
  readonly skipped: readonly Skipped[];
}

/** Runs every check over one record. */
export function judge(record: RunRecord, checks: readonly Check[] = ALL_CHECKS): Verdict {
  return {
    violations: checks.flatMap((check) => check.violations(record)),
    skipped: checks.flatMap((check) =>
      check.unseen(record).map((reason) => ({ check: `${check.id} ${check.name}`, reason })),
    ),
  };
}
