import { defineCommand } from "../command.ts";

export const maelstrom = defineCommand({
  command: "maelstrom",
  summary: "Run one node of the Maelstrom workbench over stdin and stdout",
  details:
    "Messages are JSON objects, one a line: {src, dest, body}. `init` names the node and its\n" +
    "cluster; then it serves echo, lin-kv, kafka and the segment exercise (docs/maelstrom.md).\n" +
    "Logs go to stderr. The end of stdin ends it. Its data goes with it, unless --data-dir\n" +
    "says where to keep it.",
  flags: {
    "data-dir": {
      type: "string",
      requiresArg: true,
      describe: "Keep the data in DIR/<node id>, and go on from there; default: a temporary place",
    },
    "log-format": {
      choices: ["auto", "json", "human"] as const,
      default: "auto",
      requiresArg: true,
      describe: "Of the log on stderr; auto: words on a terminal, else JSON lines",
    },
  },
  examples: [
    ["maelstrom", "a node that is told everything on stdin"],
    ["maelstrom --data-dir data/workbench", "one whose log outlives it"],
  ],
  run: async (args) => {
    const { runMaelstromNode } = await import("../actions/maelstrom.ts");
    await runMaelstromNode({ dataDirectory: args["data-dir"], logFormat: args["log-format"] });
  },
});
