import { defineCommand } from "../command.ts";
import { formatOf } from "../flags.ts";

export const repair = defineCommand({
  command: "repair <dir>",
  summary: "Mend the data directory of a stopped node, as far as its own bytes allow",
  details:
    "Says what is not as it should be and who can put it right. Changes nothing without\n" +
    "--apply.\n\n" +
    "mend   from this disk: a record from its twin, rows and footers from the frames\n" +
    "start  by the next start of the node, and nothing is lost meanwhile\n" +
    "peers  by the other nodes: the entry keeps its identity, the node fetches its bytes\n" +
    "stuck  by nobody; the node does not start, or takes part without a vote\n\n" +
    "Nothing that was acknowledged is ever cut off. Exit code 8 when damage remains, 6 when the\n" +
    "directory is in use.",
  positionals: {
    dir: { type: "string", demandOption: true, describe: "A data directory: data/n1" },
  },
  flags: {
    apply: { type: "boolean", default: false, describe: "Do it" },
  },
  examples: [
    ["repair data/n1", "what would be done"],
    ["repair data/n1 --apply", "do it"],
  ],
  run: async (args) => {
    const { repairDirectory } = await import("../actions/repair.ts");
    await repairDirectory({ path: args.dir, apply: args.apply, format: formatOf(args) });
  },
});
