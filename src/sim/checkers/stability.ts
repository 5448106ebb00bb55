import type { NodeId } from "../../common/brand.ts";
import type { Fault, RunRecord } from "../history.ts";
import { defineCheck } from "./check.ts";
import { leaderships } from "./leaderships.ts";
import { endOfRun, isStopped, reaches, type Stretch, stretches } from "./reachability.ts";
import type { Findings } from "./violation.ts";

/** A leader that hears from no majority has stepped down after this many election timeouts. */
const STEP_DOWN_TIMEOUTS = 2;
/** A one-way cut lasts when it is there for this many election timeouts. */
const LASTING_TIMEOUTS = 20;
/** Within it, the cluster may look for a leader for this many. */
const SETTLE_TIMEOUTS = 10;

export const stability = defineCheck({
  id: "K19",
  name: "stability",
  sentence:
    "A leader without a quorum steps down within two election timeouts, a fault costs few " +
    "elections, and a lasting one-way cut neither stops those who can speak with each other nor " +
    "costs them a leader who can.",
  unseen: (record) => [
    ...(record.faults === undefined ? ["no faults are noted"] : []),
    ...(record.timing === undefined ? ["the election timeout is not noted"] : []),
    ...(record.timing?.electionsPerFault === undefined
      ? ["no limit of elections a fault is set"]
      : []),
    ...(record.trace.length === 0 ? ["there is no trace"] : []),
    ...(lastingCuts(record).length === 0 ? ["no one-way cut lasted long enough to be judged"] : []),
  ],
  look(record, found) {
    lookAtStepDowns(record, found);
    lookAtElections(record, found);
    lookAtProgress(record, found);
    lookAtDepositions(record, found);
  },
});

function lookAtStepDowns(record: RunRecord, found: Findings): void {
  const { faults, timing, nodes, trace } = record;
  if (faults === undefined || timing === undefined) return;
  const dueMs = STEP_DOWN_TIMEOUTS * timing.electionTimeoutMs;
  const time = stretches(faults, endOfRun(record));
  for (const { node, term, fromMs, untilMs } of leaderships(trace)) {
    let alone: number | undefined;
    for (const stretch of time) {
      if (stretch.untilMs <= fromMs) continue;
      if (stretch.fromMs >= untilMs) break;
      const lacksQuorum = reaches(node, nodes, stretch).length <= nodes.length / 2;
      // A paused process cannot step down; its time begins when it goes on. Answers that are late
      // count as signs of life when they come.
      const excused = isStopped(node, stretch) || stretch.faults.some(({ hinders }) => hinders);
      alone = !lacksQuorum || excused ? undefined : alone;
      if (!lacksQuorum || excused) continue;
      alone ??= Math.max(fromMs, stretch.fromMs);
      const aloneMs = Math.min(untilMs, stretch.untilMs) - alone;
      if (aloneMs <= dueMs) continue;
      found.add(`${node} leads term ${term} for more than ${dueMs} ms without reaching a quorum`, {
        term,
        timeMs: alone,
        nodes: [node],
      });
      break;
    }
  }
}

/**
 * The first leader costs one; so does each beginning and end of a fault, times the limit. Elections
 * that nobody wins count as well: who cannot win raises no term (thesis 9.6).
 */
function lookAtElections({ faults, timing, trace }: RunRecord, found: Findings): void {
  const each = timing?.electionsPerFault;
  if (faults === undefined || each === undefined) return;
  const allowed = each * (faults.length + 1);
  for (const what of ["won", "started"] as const) {
    const count = trace.filter(({ event }) => event === `election.${what}`).length;
    if (count <= allowed) continue;
    const limit = `at most ${allowed} may be`;
    found.add(`${count} elections are ${what}, with ${faults.length} faults; ${limit}`);
  }
}

function lookAtProgress(record: RunRecord, found: Findings): void {
  const { timing, appends } = record;
  if (timing === undefined) return;
  for (const { fromMs, untilMs, faults } of lastingCuts(record)) {
    const settledMs = fromMs + SETTLE_TIMEOUTS * timing.electionTimeoutMs;
    const tried = appends.filter(
      ({ invokedMs }) => invokedMs >= settledMs && invokedMs < untilMs - timing.electionTimeoutMs,
    );
    const through = tried.some(
      ({ outcome, settledMs: answeredMs }) =>
        outcome === "acknowledged" && (answeredMs ?? Infinity) <= untilMs,
    );
    if (tried.length === 0 || through) continue;
    const what = faults.some(isOneWay) ? "a one-way cut" : "a lasting fault";
    found.add(
      `${what} from ${fromMs} to ${untilMs} ms stops everything: none of ${tried.length} ` +
        "appends is acknowledged, though a majority can speak with each other",
      { operations: tried.slice(0, 1), timeMs: fromMs },
    );
  }
}

/**
 * Whoever hears a leader helps nobody else to lead: one that speaks with a majority, both ways, and
 * did so before the links were cut, is not deposed by who does not hear it.
 */
function lookAtDepositions(record: RunRecord, found: Findings): void {
  const { timing, nodes, trace } = record;
  if (timing === undefined) return;
  const cuts = lastingCuts(record).filter(({ faults }) => faults.every(({ cut }) => cut));
  for (const stretch of cuts)
    for (const { node, term, fromMs, untilMs } of leaderships(trace)) {
      const settled = fromMs + timing.electionTimeoutMs <= stretch.fromMs;
      if (!settled || untilMs <= stretch.fromMs || untilMs >= stretch.untilMs) continue;
      if (reaches(node, nodes, stretch).length <= nodes.length / 2) continue;
      found.add(
        `${node} leads term ${term} no more at ${untilMs} ms, though it can speak with a ` +
          `majority, and a cut from ${stretch.fromMs} ms on is the only fault`,
        { term, timeMs: untilMs, nodes: [node] },
      );
    }
}

/** A lasting fault, or a link cut one way, while a majority runs and can speak, all with all. */
function lastingCuts(record: RunRecord): readonly Stretch[] {
  const { faults, timing, nodes } = record;
  if (faults === undefined || timing === undefined) return [];
  return stretches(faults, endOfRun(record)).filter(
    (stretch) =>
      stretch.untilMs - stretch.fromMs >= LASTING_TIMEOUTS * timing.electionTimeoutMs &&
      stretch.faults.some((fault) => fault.lasting === true || isOneWay(fault)) &&
      !stretch.faults.some(({ hinders }) => hinders === true) &&
      hasMajority(nodes, stretch),
  );
}

function isOneWay({ cut = [] }: Fault): boolean {
  return cut.some(({ from, to }) => !cut.some((back) => back.from === to && back.to === from));
}

function hasMajority(nodes: readonly NodeId[], stretch: Stretch): boolean {
  const heard = new Map(nodes.map((node) => [node, reaches(node, nodes, stretch)]));
  return nodes.some((node) => {
    const group = [node];
    for (const other of heard.get(node) ?? [])
      if (other !== node && group.every((member) => heard.get(member)?.includes(other) === true))
        group.push(other);
    return group.length > nodes.length / 2;
  });
}
