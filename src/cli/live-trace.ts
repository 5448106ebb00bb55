import { Term } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { TraceEvent, TraceEventName, TraceFacts } from "../common/trace.ts";
import type { TraceResponse } from "../wire/log-messages.ts";
import { callTrace } from "./log-calls.ts";

/** What flight recorders hold, in one order. */
export interface LiveTrace {
  /** Milliseconds since 1970 at time zero of the events. */
  readonly originMs: number;
  /** By time; times are milliseconds from `originMs`, by the nodes' own wall clocks. */
  readonly events: readonly TraceEvent[];
  /** Who did not answer, and why. */
  readonly missing: readonly { readonly endpoint: string; readonly reason: string }[];
}

/**
 * Asks every node for its flight recorder, and merges the answers.
 * @throws LogError when none answers
 */
export async function askTraces(
  endpoints: readonly string[],
  timeoutMs: number,
): Promise<LiveTrace> {
  const answers = await Promise.allSettled(
    endpoints.map((endpoint) => callTrace(endpoint, timeoutMs)),
  );
  const missing = answers.flatMap((answer, at) =>
    answer.status === "fulfilled"
      ? []
      : [{ endpoint: endpoints[at] ?? "", reason: LogError.from(answer.reason).message }],
  );
  const told = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  const failed = answers.find((answer) => answer.status === "rejected");
  if (told.length === 0 && failed !== undefined) throw LogError.from(failed.reason);
  return { ...mergeTraces(told), missing };
}

/** One node's clock is monotonic and sorting is stable, so its own order stays. */
export function mergeTraces(answers: readonly TraceResponse[]): Omit<LiveTrace, "missing"> {
  const all = answers.flatMap(eventsOf);
  const originMs = Math.floor(all.reduce((least, { time }) => Math.min(least, time), Infinity));
  if (all.length === 0) return { originMs: 0, events: [] };
  const events = all
    .toSorted((a, b) => a.time - b.time)
    .map((event) => ({ ...event, time: Number((event.time - originMs).toFixed(3)) }));
  return { originMs, events };
}

function eventsOf({ nodeId, events, clockZeroUs }: TraceResponse): readonly TraceEvent[] {
  return events.map(({ seq, timeUs, term, event, facts }) => ({
    seq,
    node: nodeId,
    time: (clockZeroUs + timeUs) / 1000,
    term: Term(term),
    // What a newer node tells is shown all the same.
    event: event as TraceEventName,
    facts: JSON.parse(facts) as TraceFacts,
  }));
}
