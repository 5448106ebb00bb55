import { aborted } from "./aborted.ts";
import { bounds } from "./bounds.ts";
import { chain } from "./chain.ts";
import type { Check } from "./check.ts";
import { compaction } from "./compaction.ts";
import { dirtyRead } from "./dirty-read.ts";
import { divergence } from "./divergence.ts";
import { duplicate } from "./duplicate.ts";
import { durability } from "./durability.ts";
import { electionSafety } from "./election-safety.ts";
import { gap } from "./gap.ts";
import { leaderAppendOnly } from "./leader-append-only.ts";
import { leaderCompleteness } from "./leader-completeness.ts";
import { liveness } from "./liveness.ts";
import { logMatching } from "./log-matching.ts";
import { lost } from "./lost.ts";
import { monotone } from "./monotone.ts";
import { notEmpty } from "./not-empty.ts";
import { oneLeader } from "./one-leader.ts";
import { phantom } from "./phantom.ts";
import { prefix } from "./prefix.ts";
import { realTime } from "./real-time.ts";
import { retention } from "./retention.ts";
import { sessionOrder } from "./session-order.ts";
import { stability } from "./stability.ts";
import { staleBound } from "./stale-bound.ts";
import { stateMachineSafety } from "./state-machine-safety.ts";

/** What clients were told, against the log that is left: together exact (`docs/checkers.md`). */
export const HISTORY_CHECKS: readonly Check[] = [
  lost,
  phantom,
  aborted,
  duplicate,
  sessionOrder,
  realTime,
  divergence,
  gap,
  dirtyRead,
  monotone,
  staleBound,
];

/** Every promise, one check each: the paper's Figure 3, then the list of issue and page. */
export const ALL_CHECKS: readonly Check[] = [
  electionSafety,
  leaderAppendOnly,
  logMatching,
  leaderCompleteness,
  stateMachineSafety,
  ...HISTORY_CHECKS,
  prefix,
  chain,
  oneLeader,
  durability,
  liveness,
  notEmpty,
  bounds,
  stability,
  retention,
  compaction,
];
