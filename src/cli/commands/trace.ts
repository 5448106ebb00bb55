import { existsSync } from "node:fs";
import { defineCommand } from "../command.ts";
import { invalidValue } from "../failure.ts";
import { durationFlag, formatOf, targetFlags } from "../flags.ts";

export const trace = defineCommand({
  command: "trace [source]",
  summary: "Print what happened: on running nodes, or in a trace file",
  details:
    "Every node keeps the latest 4096 things that happened to it. Without [source] all nodes\n" +
    "are asked and their answers merged by time; with the name of a node, only that one; with\n" +
    "a file, what `balsa sim run --trace` or `balsa trace -w ndjson` wrote, in its own times.",
  positionals: {
    source: { type: "string", describe: "A node (n1), or a trace file; default: all nodes" },
  },
  flags: {
    last: {
      type: "string",
      requiresArg: true,
      coerce: durationFlag("--last"),
      describe: "Only the last seconds: 5s, 2m",
    },
    event: {
      type: "string",
      requiresArg: true,
      describe: "Only these events, or all of a kind: election.won,log",
    },
    node: { type: "string", requiresArg: true, describe: "Only these nodes: n1,n2" },
    from: {
      type: "string",
      requiresArg: true,
      coerce: durationFlag("--from"),
      describe: "Of a file: only from this time on: 1500ms, 3s",
    },
    to: {
      type: "string",
      requiresArg: true,
      coerce: durationFlag("--to"),
      describe: "Of a file: only up to this time",
    },
    ...targetFlags,
  },
  examples: [
    ["trace --last 10s", "what all nodes did just now"],
    ["trace n2 --event election,leader", "one node's elections"],
    ["trace -w ndjson > t.ndjson", "keep it; `balsa trace t.ndjson` shows it again"],
    ["trace t.ndjson --from 3s --to 4s", "a second of a file"],
  ],
  run: async (args) => {
    const { source, node, event, from: fromMs, to: toMs, last: lastMs } = args;
    const filter = { node, event, fromMs, toMs };
    const format = formatOf(args);
    if (source !== undefined && isFile(source)) {
      const { printTrace } = await import("../actions/sim/trace.ts");
      return printTrace({ ...filter, file: source, lastMs, format });
    }
    if (fromMs !== undefined || toMs !== undefined)
      throw invalidValue(
        "--from, --to",
        "are times of a trace file",
        "of running nodes: --last 5s",
      );
    const { printLiveTrace } = await import("../actions/trace-live.ts");
    const { endpoints, timeout: timeoutMs } = args;
    await printLiveTrace({ ...filter, source, lastMs, endpoints, timeoutMs, format });
  },
});

/** A node's name has no dot and no slash; `host:port` is a node too. */
function isFile(source: string): boolean {
  if (existsSync(source)) return true;
  return !source.includes(":") && /[./]/.test(source);
}
