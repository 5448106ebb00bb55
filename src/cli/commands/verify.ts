import { defineCommand } from "../command.ts";
import { formatOf } from "../flags.ts";

export const verify = defineCommand({
  command: "verify <path..>",
  summary: "Check every checksum, chain, row and footer of a log, from the files alone",
  details:
    "Reads data directories, or single .log files, without a running node and without the lock.\n" +
    "Exit code 8 when anything is damaged, naming file and byte.",
  positionals: {
    path: {
      type: "string",
      array: true,
      demandOption: true,
      describe: "Directories or .log files",
    },
  },
  examples: [
    ["verify data/n1 data/n2 data/n3", "the whole local cluster"],
    ["verify data/n1/log/00000000000000000000.log", "one segment"],
  ],
  run: async (args) => {
    const { verifyPaths } = await import("../actions/verify.ts");
    await verifyPaths({ paths: args.path, format: formatOf(args) });
  },
});
