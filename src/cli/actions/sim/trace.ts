import type { TraceFacts } from "../../../common/trace.ts";
import { isTraceEvent, type StoryEvent } from "../../../sim/world-event.ts";
import type { OutputFormat } from "../../output.ts";
import { printRows } from "../../output.ts";
import { loadTrace } from "./read-trace.ts";

export interface TraceFilter {
  /** Names separated by commas. */
  readonly node: string | undefined;
  /** Names, or beginnings of names up to a dot, separated by commas. */
  readonly event: string | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

/** Prints the events of a trace file that pass the filter. */
export async function printTrace(
  args: TraceFilter & {
    readonly file: string;
    /** Only so long before the last event. */
    readonly lastMs: number | undefined;
    readonly format: OutputFormat;
  },
): Promise<void> {
  const { lines } = await loadTrace(args.file);
  const told = lines.map((line) => JSON.parse(line) as StoryEvent);
  const sinceMs = (told.at(-1)?.time ?? 0) - (args.lastMs ?? Infinity);
  const events = told.filter(passing({ ...args, fromMs: Math.max(sinceMs, args.fromMs ?? 0) }));
  await printRows(args.format, events, [
    { header: "TIME", align: "right", value: ({ time }) => time.toFixed(1) },
    { header: "NODE", value: ({ node }) => node ?? "*" },
    { header: "TERM", align: "right", value: (event) => (isTraceEvent(event) ? event.term : "") },
    { header: "EVENT", value: nameOf },
    { header: "FACTS", value: ({ facts }) => factsText(facts) },
  ]);
}

/** What the filter lets through. */
export function passing({ node, event, fromMs = 0, toMs = Infinity }: TraceFilter) {
  const nodes = node?.split(",");
  const names = event?.split(",");
  return (told: StoryEvent): boolean => {
    if (told.time < fromMs || told.time > toMs) return false;
    if (nodes !== undefined && !nodes.includes(told.node ?? "*")) return false;
    const name = nameOf(told);
    return names?.some((wanted) => name === wanted || name.startsWith(`${wanted}.`)) ?? true;
  };
}

function nameOf(event: StoryEvent): string {
  return isTraceEvent(event) ? event.event : event.world;
}

/** `index=3 from=n2` */
export function factsText(facts: TraceFacts = {}): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(" ");
}
