import { defineCommand } from "../command.ts";
import { formatOf, integerFlag, targetFlags } from "../flags.ts";

export const tail = defineCommand({
  command: "tail",
  aliases: ["consume"],
  summary: "Print records, and follow what is appended",
  details:
    "Without -o: the last ten records, then everything that is appended. Values are printed as\n" +
    "they are, each followed by a newline; -f prints something else:\n\n" +
    "  %o offset   %t term   %i index   %T time (ISO)   %k key   %v value   %% a percent sign\n" +
    "  \\n newline   \\t tab   \\0 zero byte   \\xHH any byte\n\n" +
    "Any node serves reads. By default what is printed includes everything acknowledged before\n" +
    "the command started; --from-node reads one node's own copy.",
  flags: {
    offset: {
      alias: "o",
      type: "string",
      requiresArg: true,
      describe: "Where to begin: start, end, N, -N (the last N), @time (ISO, or ms since 1970)",
    },
    count: {
      alias: "n",
      type: "string",
      requiresArg: true,
      coerce: integerFlag("-n"),
      describe: "Stop after this many records",
    },
    "exit-at-end": {
      alias: "e",
      type: "boolean",
      default: false,
      describe: "Stop at what was the end when the command started",
    },
    format: {
      alias: "f",
      type: "string",
      requiresArg: true,
      describe: "How to print each record, for example '%o %t %k %v\\n'",
    },
    "from-node": {
      type: "string",
      requiresArg: true,
      describe: "Read this node only, its own copy of the log: n3",
    },
    ...targetFlags,
  },
  examples: [
    ["tail", "the last ten, then follow"],
    ["tail -o start -e > copy.txt", "the whole log"],
    ["tail -o -100 -e", "the last hundred"],
    ["tail -o @2026-01-31T12:00:00Z -n 5", "five records from a time on"],
    ["tail -f '%o %T %k=%v\\n'", "with offset, time and key"],
    ["tail -o start -e --from-node n3", "what n3 has"],
    ["tail -w ndjson", "one JSON object a record"],
  ],
  run: async (args) => {
    const { tailRecords } = await import("../actions/tail.ts");
    await tailRecords({
      from: args.offset,
      count: args.count,
      exitAtEnd: args["exit-at-end"],
      template: args.format,
      node: args["from-node"],
      endpoints: args.endpoints,
      timeoutMs: args.timeout,
      format: formatOf(args),
    });
  },
});
