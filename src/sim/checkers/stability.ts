import type { NodeId } from "../../common/brand.ts";
import type { Fault, RunRecord } from "../history.ts";
import { defineCheck } from "./check.ts";
import { leaderships } from "./leaderships.ts";
import { endOfRun, isStopped, reaches, type Stretch, stretches } from "./reachability.ts";
import { lookAtStuckLeaders } from "./stuck-leaders.ts";
import type { Findings } from "./violation.ts";

/** A leader that hears from no majority has stepped down after this many election timeouts. */
const STEP_DOWN_TIMEOUTS = 2;
/** A one-way cut lasts when it is there for this many election timeouts. */
const LASTING_TIMEOUTS = 20;
/** A leader is heard by those that could speak with it for this many: connections take a while. */
const HEARD_TIMEOUTS = 3;
/** Within it, the cluster may look for a leader for this many. */
const SETTLE_TIMEOUTS = 10;

export const stability = defineCheck({
  id: "K19",
  name: "stability",
  sentence:
    "A leader without a quorum, or whose disk answers nothing, steps down within two election " +
    "timeouts, a fault costs few " +
    "elections, none is begun against a leader that a majority hears, and a lasting one-way cut " +
    "does not stop those who can speak with each other.",
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
    const { timing } = record;
    if (timing !== undefined)
      lookAtStuckLeaders(record, STEP_DOWN_TIMEOUTS * timing.electionTimeoutMs, found);
    lookAtElections(record, found);
    lookAtProgress(record, found);
    lookAtNeedless(record, found);
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
 * Whoever hears a leader helps nobody else to lead: where a majority has heard one for a while, and
 * links are all that is broken, there is no election that gets beyond asking.
 */
function lookAtNeedless(record: RunRecord, found: Findings): void {
  const { faults, timing, nodes, trace } = record;
  if (faults === undefined || timing === undefined) return;
  const settleMs = HEARD_TIMEOUTS * timing.electionTimeoutMs;
  const others = faults.filter(({ cut }) => cut === undefined);
  const time = stretches(faults, endOfRun(record));
  const reigns = leaderships(trace);
  for (const { event, node, term, time: atMs } of trace) {
    if (event !== "election.started") continue;
    const leader = reigns.find(
      (reign) => reign.node !== node && reign.fromMs <= atMs - settleMs && reign.untilMs >= atMs,
    );
    if (leader === undefined || term === undefined || term <= leader.term) continue;
    const sinceMs = Math.max(leader.fromMs, heardSince(leader.node, nodes, time, atMs));
    const shaken = others.some(
      ({ atMs: fromMs, untilMs = Infinity, mayHalt }) =>
        fromMs <= atMs && (untilMs >= atMs - settleMs || mayHalt !== undefined),
    );
    if (shaken || atMs - sinceMs <= settleMs) continue;
    found.add(
      `${node} stands for term ${term} at ${atMs} ms, though a majority has heard ${leader.node} ` +
        `since ${sinceMs} ms and links are all that is broken`,
      { term, timeMs: atMs, nodes: [node, leader.node] },
    );
  }
}

/** Since when `leader` could speak, both ways and all the time, with the same majority. */
function heardSince(
  leader: NodeId,
  nodes: readonly NodeId[],
  time: readonly Stretch[],
  atMs: number,
): number {
  let sinceMs = atMs;
  let hearing: readonly NodeId[] = nodes;
  for (const stretch of time.toReversed()) {
    if (stretch.fromMs > atMs) continue;
    const still = new Set(reaches(leader, nodes, stretch));
    hearing = hearing.filter((each) => still.has(each));
    if (hearing.length <= nodes.length / 2) break;
    sinceMs = stretch.fromMs;
  }
  return sinceMs;
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
