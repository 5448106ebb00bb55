import { defineCommand } from "../command.ts";
import { durationFlag, formatOf } from "../flags.ts";

export const trace = defineCommand({
  command: "trace <file>",
  summary: "Print what happened, from a trace file",
  details: "Reads what `balsa sim run --trace` wrote. Times are those of the world.",
  positionals: {
    file: { type: "string", demandOption: true, describe: "The trace" },
  },
  flags: {
    node: { type: "string", requiresArg: true, describe: "Only these nodes: n1,n2" },
    event: {
      type: "string",
      requiresArg: true,
      describe: "Only these events, or all of a kind: election.won,log",
    },
    from: {
      type: "string",
      requiresArg: true,
      coerce: durationFlag("--from"),
      describe: "Only from this time on: 1500ms, 3s",
    },
    to: {
      type: "string",
      requiresArg: true,
      coerce: durationFlag("--to"),
      describe: "Only up to this time",
    },
  },
  examples: [
    ["trace t.ndjson", "the whole story"],
    ["trace t.ndjson --node n2 --event election,vote", "one node's elections"],
    ["trace t.ndjson --from 3s --to 4s -w ndjson", "a second of it, for scripts"],
  ],
  run: async (args) => {
    const { printTrace } = await import("../actions/sim/trace.ts");
    const { file, node, event, from, to } = args;
    await printTrace({ file, node, event, fromMs: from, toMs: to, format: formatOf(args) });
  },
});
