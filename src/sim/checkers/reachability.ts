import type { NodeId } from "../../common/brand.ts";
import type { Fault, RunRecord } from "../history.ts";

/** A stretch of time in which nothing about the faults changed. */
export interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Those that are in force. */
  readonly faults: readonly Fault[];
}

/**
 * The run cut into stretches at every beginning and end of a fault. One that delays is in force
 * until the last of what it delayed has come.
 */
export function stretches(faults: readonly Fault[], endMs: number): readonly Stretch[] {
  const endOf = ({ untilMs = endMs, lingersMs = 0 }: Fault) => untilMs + lingersMs;
  const edges = new Set<number>([0, endMs]);
  for (const fault of faults) edges.add(fault.atMs).add(Math.min(endOf(fault), endMs));
  const times = [...edges].sort((a, b) => a - b);
  const begins = faults.toSorted((a, b) => a.atMs - b.atMs);
  let next = 0;
  let open: Fault[] = [];
  return times.slice(0, -1).map((fromMs, at) => {
    while ((begins[next]?.atMs ?? Infinity) <= fromMs) open.push(...begins.slice(next, ++next));
    open = open.filter((fault) => endOf(fault) > fromMs);
    return { fromMs, untilMs: times[at + 1] ?? endMs, faults: [...open] };
  });
}

export function isStopped(node: NodeId, { faults }: Stretch): boolean {
  return faults.some(({ stopped }) => stopped?.includes(node) === true);
}

/** Running nodes with which `node` can speak both ways; itself included while it runs. */
export function reaches(node: NodeId, nodes: readonly NodeId[], stretch: Stretch): NodeId[] {
  if (isStopped(node, stretch)) return [];
  return nodes.filter((other) => {
    if (other === node) return true;
    const cut = stretch.faults.some((fault) =>
      fault.cut?.some(
        ({ from, to }) => (from === node && to === other) || (from === other && to === node),
      ),
    );
    return !cut && !isStopped(other, stretch);
  });
}

/** When the record ends: the latest time that anything in it tells. */
export function endOfRun({ trace, appends, faults = [] }: RunRecord): number {
  let end = trace.at(-1)?.time ?? 0;
  for (const { invokedMs, settledMs } of appends) end = Math.max(end, settledMs ?? invokedMs);
  for (const { atMs, untilMs } of faults) end = Math.max(end, untilMs ?? atMs);
  return end;
}
