import { defineCommand, defineGroup } from "../command.ts";
import { configFileFlag, configFlags, settingsAmong } from "../config-flags.ts";
import { formatOf, targetFlags } from "../flags.ts";

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

const get = defineCommand(
  {
    command: "get [key..]",
    summary: "Show the settings of the log that all nodes go by",
    details:
      "The first leader's configuration proposed them; they are replicated since. Keys are\n" +
      "those of the file without log.: segment.bytes, retention.ms, snapshot.max.interval …",
    positionals: {
      key: { type: "string", array: true, describe: "Keys; default: all" },
    },
    flags: { ...targetFlags },
    examples: [
      ["config get", "all of them"],
      ["config get retention.bytes -w simple", "one, for a script"],
    ],
    run: async (args) => {
      const { getSettings } = await import("../actions/config-settings.ts");
      const { endpoints, timeout: timeoutMs, key: keys = [] } = args;
      await getSettings({ keys, endpoints, timeoutMs, format: formatOf(args) });
    },
  },
  "config ",
);

const set = defineCommand(
  {
    command: "set <setting..>",
    summary: "Change settings of the log on all nodes, while they run",
    details:
      "By an entry of the log, so all nodes change at the same point of it. What is not named\n" +
      "stays. `unlimited` takes segment.ms, retention.ms and retention.bytes away.",
    positionals: {
      setting: {
        type: "string",
        array: true,
        demandOption: true,
        describe: "key=value, as in the file without log.",
      },
    },
    flags: { ...targetFlags },
    examples: [
      ["config set retention.bytes=8MiB segment.bytes=1MiB", "both at once"],
      ["config set retention.ms=unlimited", "age lets nothing go any more"],
    ],
    run: async (args) => {
      const { setSettings } = await import("../actions/config-settings.ts");
      const { endpoints, timeout: timeoutMs, setting: assignments } = args;
      await setSettings({ assignments, endpoints, timeoutMs, format: formatOf(args) });
    },
  },
  "config ",
);

export const config = defineGroup(
  "config",
  "What a node is told, and what all nodes go by",
  "`print` is about one node's own configuration: a flag wins over a BALSA_* variable, a\n" +
    "variable over the file, the file over the default. `get` and `set` are about the settings\n" +
    "of the log, which are replicated: the files only propose them to an empty log.",
  [print, get, set],
);
