import { defineCommand } from "../command.ts";
import { durationFlag, formatOf, targetFlags } from "../flags.ts";

export const wait = defineCommand({
  command: "wait",
  summary: "Wait until the cluster has a leader, or until all of it is well",
  details:
    "leader   a leader takes appends\n" +
    "healthy  a leader takes appends, and every node is up and follows it\n\n" +
    "Exit code 124 when the time runs out first.",
  flags: {
    for: {
      choices: ["leader", "healthy"] as const,
      default: "leader",
      requiresArg: true,
      describe: "What to wait for",
    },
    ...targetFlags,
    timeout: {
      type: "string",
      requiresArg: true,
      coerce: durationFlag("--timeout"),
      default: "30s",
      group: "Cluster:",
      describe: "Give up after this long: 5s, 1m",
    },
  },
  examples: [
    ["wait --for healthy && balsa append hello", "in a script"],
    ["wait --for leader --timeout 5s", "at most five seconds"],
  ],
  run: async (args) => {
    const { waitFor } = await import("../actions/wait.ts");
    await waitFor({
      condition: args.for === "healthy" ? "healthy" : "leader",
      endpoints: args.endpoints,
      timeoutMs: args.timeout,
      format: formatOf(args),
    });
  },
});
