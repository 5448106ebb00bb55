import { defineCommand } from "../command.ts";
import { formatOf, integerFlag, targetFlags } from "../flags.ts";

export const append = defineCommand({
  command: "append [value..]",
  summary: "Append records: the given values, or the lines of stdin",
  details:
    "Each value, or each line of stdin without its newline, becomes one record, byte for byte:\n" +
    "binary and empty lines too, and a last line that has no newline. A record counts as\n" +
    "appended when it is synced on a majority of the nodes. Leaders may be killed meanwhile:\n" +
    "nothing is lost, nothing is written twice.",
  positionals: {
    value: {
      type: "string",
      array: true,
      describe: "Values; after -- also those that begin with a dash. None: read stdin",
    },
  },
  flags: {
    "key-delimiter": {
      alias: "K",
      type: "string",
      requiresArg: true,
      describe: "Split each line at its first delimiter: what stands before it is the key",
    },
    rate: {
      type: "string",
      requiresArg: true,
      coerce: integerFlag("--rate", 1),
      describe: "At most this many records per second",
    },
    "print-acks": {
      type: "boolean",
      default: false,
      describe: "Print offset and term of each record as it is acknowledged",
    },
    quiet: { alias: "q", type: "boolean", default: false, describe: "No progress, no summary" },
    ...targetFlags,
  },
  examples: [
    ['append "hello, raft"', "one record"],
    ["append < /var/log/dpkg.log", "every line of a file"],
    ["append -K : 'o-1:{\"total\":42}'", "key o-1"],
    ["append --print-acks a b c", "three records and where they went"],
    ["append -- -1", "a value that begins with a dash"],
  ],
  run: async (args) => {
    const { appendRecords } = await import("../actions/append.ts");
    await appendRecords({
      values: [...(args.value ?? []), ...(args["--"] ?? [])].map(String),
      keyDelimiter: args["key-delimiter"],
      recordsPerSecond: args.rate,
      printAcks: args["print-acks"],
      quiet: args.quiet,
      endpoints: args.endpoints,
      timeoutMs: args.timeout,
      format: formatOf(args),
    });
  },
});
