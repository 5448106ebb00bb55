import { defineCommand } from "../command.ts";
import { formatOf } from "../flags.ts";

export const dump = defineCommand({
  command: "dump <path..>",
  summary: "Print the frames of segment files, from the files alone",
  details:
    "Reads .log files, or all of a data directory's in order, without a running node and\n" +
    "without the lock. One row per frame: what its header says, where it lies, whether it is\n" +
    "intact. Exit code 8 when a frame is damaged.",
  positionals: {
    path: {
      type: "string",
      array: true,
      demandOption: true,
      describe: "Directories or .log files",
    },
  },
  flags: {
    records: {
      alias: "r",
      type: "boolean",
      default: false,
      describe: "Print the records of each frame too",
    },
  },
  examples: [
    ["dump data/n1", "every frame of a node"],
    ["dump data/n1/log/00000000000000000000.log", "one segment"],
    ["dump data/n1 -w ndjson", "for scripts"],
  ],
  run: async (args) => {
    const { dumpFrames } = await import("../actions/dump.ts");
    await dumpFrames({ paths: args.path, records: args.records, format: formatOf(args) });
  },
});
