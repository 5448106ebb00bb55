import { TRACE_EVENT_NAMES, type TraceEvent } from "../../common/trace.ts";
import { nearest } from "../../runtime/config/suggest.ts";
import { invalidValue } from "../failure.ts";
import { askTraces, type LiveTrace } from "../live-trace.ts";
import { resolveEndpoints } from "../endpoints.ts";
import { addressOfNode } from "../node-address.ts";
import { type OutputFormat, printRows, write } from "../output.ts";
import { requireReachable } from "../reachable.ts";
import { say } from "../terminal.ts";
import { factsText, passing, type TraceFilter } from "./sim/trace.ts";

/** Prints what the flight recorders of running nodes hold, in one order. */
export async function printLiveTrace(
  args: TraceFilter & {
    /** Only this node is asked; absent: all. */
    readonly source: string | undefined;
    readonly lastMs: number | undefined;
    readonly endpoints: string | undefined;
    readonly timeoutMs: number;
    readonly format: OutputFormat;
  },
): Promise<void> {
  const { source, timeoutMs, format, lastMs } = args;
  for (const name of args.event?.split(",") ?? []) requireEvent(name);
  const all = resolveEndpoints(args.endpoints);
  await requireReachable(all);
  const asked =
    source === undefined ? all : [await addressOfNode(source, all, timeoutMs, "[source]")];
  const trace = await askTraces(asked, timeoutMs);
  for (const { endpoint, reason } of trace.missing)
    say(`balsa: ${endpoint} told nothing: ${reason}`);
  const sinceMs = lastMs === undefined ? 0 : Date.now() - lastMs - trace.originMs;
  const events = trace.events.filter(passing({ ...args, fromMs: sinceMs }));
  if (format === "ndjson") return write(traceFileText(trace, events));
  await printRows(format, events, [
    { header: "TIME", value: ({ time }) => clockText(trace.originMs + time) },
    { header: "NODE", value: ({ node }) => node },
    { header: "TERM", align: "right", value: ({ term }) => term },
    { header: "EVENT", value: ({ event }) => event },
    { header: "FACTS", value: ({ facts }) => factsText(facts) },
  ]);
}

/** A mistyped name would look like a node to which nothing happened. */
function requireEvent(name: string): void {
  const kinds = new Set(TRACE_EVENT_NAMES.map((known) => known.split(".")[0] ?? known));
  const known: readonly string[] = [...TRACE_EVENT_NAMES, ...kinds];
  if (known.includes(name)) return;
  const guess = nearest(name, known);
  const hint = guess === undefined ? `kinds: ${[...kinds].join(", ")}` : `did you mean ${guess}?`;
  throw invalidValue("--event", `nothing is called "${name}"`, hint);
}

/** As the simulator writes it; instead of how to run it again, the head says when it was. */
function traceFileText({ originMs }: LiveTrace, events: readonly TraceEvent[]): string {
  const head = { balsaTrace: 1, origin: new Date(originMs).toISOString() };
  return [head, ...events].map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** `14:03:07.123`, local. */
function clockText(timeMs: number): string {
  const date = new Date(timeMs);
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${date.toTimeString().slice(0, 8)}.${ms}`;
}
