import { defineCommand, defineGroup } from "../command.ts";
import { configFileFlag, configFlags, settingsAmong } from "../config-flags.ts";
import { formatOf } from "../flags.ts";

const print = defineCommand(
  {
    command: "print",
    summary: "Print the configuration a node would run with",
    details:
      "Takes what `balsa start` takes. The YAML it prints can be used as a file; --origins\n" +
      "shows for each setting where it was set: file and line, variable, flag or default.",
    flags: {
      ...configFileFlag,
      origins: { type: "boolean", default: false, describe: "Show where each value comes from" },
      ...configFlags,
    },
    examples: [
      ["config print --config cluster/n1.yaml", "as YAML"],
      ["config print --config cluster/n1.yaml --origins", "as a table with origins"],
    ],
    run: async (args) => {
      const { printConfig } = await import("../actions/config.ts");
      await printConfig({
        file: args.config,
        flags: settingsAmong(args),
        origins: args.origins,
        format: formatOf(args),
      });
    },
  },
  "config ",
);

export const config = defineGroup(
  "config",
  "What a node is told",
  "A flag wins over a BALSA_* variable, a variable over the file, the file over the default.",
  [print],
);
