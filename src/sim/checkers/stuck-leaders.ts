import type { NodeId } from "../../common/brand.ts";
import type { TraceEvent } from "../../common/trace.ts";
import type { RunRecord } from "../history.ts";
import { factOf } from "./cluster-logs.ts";
import { leaderships } from "./leaderships.ts";
import { endOfRun, isStopped, stretches } from "./reachability.ts";
import type { Findings } from "./violation.ts";

/** A time in which a node's disk owes an answer for what was appended, without any progress. */
interface Owed {
  readonly node: NodeId;
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * The others may commit without the leader's disk, so nothing need be lost by it; but it leads by
 * grace of its memory. Slow disks and paused processes are excused: they answer in the end.
 */
export function lookAtStuckLeaders(record: RunRecord, dueMs: number, found: Findings): void {
  const { faults = [], trace } = record;
  const endMs = endOfRun(record);
  const excuses = stretches(faults, endMs);
  const led = leaderships(trace);
  for (const { node, fromMs, untilMs } of owedAnswers(trace, endMs)) {
    const excused = excuses.some(
      (stretch) =>
        stretch.fromMs < untilMs &&
        stretch.untilMs > fromMs &&
        (isStopped(node, stretch) || stretch.faults.some(({ hinders }) => hinders === true)),
    );
    if (excused) continue;
    for (const leadership of led) {
      if (leadership.node !== node) continue;
      const sinceMs = Math.max(fromMs, leadership.fromMs);
      if (Math.min(untilMs, leadership.untilMs) - sinceMs <= dueMs) continue;
      const { term } = leadership;
      found.add(
        `${node} leads term ${term} for more than ${dueMs} ms while its disk answers nothing`,
        { term, timeMs: sinceMs, nodes: [node] },
      );
    }
  }
}

function owedAnswers(trace: readonly TraceEvent[], endMs: number): readonly Owed[] {
  const disks = new Map<NodeId, Disk>();
  const owed: Owed[] = [];
  for (const event of trace) {
    const disk = disks.get(event.node) ?? new Disk(event.node, owed);
    disks.set(event.node, disk);
    disk.follow(event);
  }
  for (const disk of disks.values()) disk.answered(endMs);
  return owed;
}

/** What one node has appended, and what of that its disk has answered for. */
class Disk {
  readonly #node: NodeId;
  readonly #owed: Owed[];
  #last = 0;
  #synced = 0;
  #sinceMs: number | undefined;

  constructor(node: NodeId, owed: Owed[]) {
    this.#node = node;
    this.#owed = owed;
  }

  follow(told: TraceEvent): void {
    const { event, time } = told;
    if (event === "node.started") this.#last = this.#synced = 0;
    else if (event === "entry.appended") this.#last = factOf(told, "last") ?? this.#last;
    else if (event === "log.truncated") this.#last = (factOf(told, "from") ?? 1) - 1;
    else if (event === "disk.synced") this.#synced = factOf(told, "index") ?? this.#synced;
    else return;
    if (event !== "entry.appended") this.answered(time);
    if (this.#last > this.#synced) this.#sinceMs ??= time;
  }

  answered(timeMs: number): void {
    if (this.#sinceMs !== undefined)
      this.#owed.push({ node: this.#node, fromMs: this.#sinceMs, untilMs: timeMs });
    this.#sinceMs = undefined;
  }
}
