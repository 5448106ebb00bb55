import { defineCommand } from "../command.ts";
import { configFileFlag, configFlags, settingsAmong } from "../config-flags.ts";

export const start = defineCommand({
  command: "start",
  summary: "Run one node in the foreground",
  details:
    "Settings come from flags, then BALSA_* variables, then --config, then defaults; `balsa\n" +
    "config print` shows the result. With --data-dir alone it is a cluster of one, on this\n" +
    "machine only.\n" +
    "On a terminal it tells what happens in words, otherwise as JSON lines on stdout.\n" +
    "SIGTERM and Ctrl-C stop it in good order.",
  flags: {
    ...configFileFlag,
    "log-format": {
      choices: ["auto", "json", "human"] as const,
      default: "auto",
      requiresArg: true,
      describe: "auto: words on a terminal, else JSON lines",
    },
    ...configFlags,
  },
  examples: [
    ["start --data-dir data/solo", "a cluster of one"],
    ["start --config cluster/n1.yaml", "a node of the local cluster"],
    ["start --config n1.yaml --segment-bytes 64KiB", "with one setting changed"],
  ],
  run: async (args) => {
    const { startNode } = await import("../actions/start.ts");
    await startNode({
      file: args.config,
      flags: settingsAmong(args),
      logFormat: args["log-format"],
    });
  },
});
