import { defineCommand } from "../command.ts";
import { durationFlag, formatOf, targetFlags } from "../flags.ts";

export const wait = defineCommand({
  command: "wait",
  summary: "Wait for a leader, for all of the cluster to be well, or for an offset",
  details:
    "leader    a leader takes appends\n" +
    "healthy   a leader takes appends, and every node is up and follows it\n" +
    "offset=N  the high watermark has reached N: the N records before it are committed\n\n" +
    "Exit code 124 when the time runs out first.",
  flags: {
    for: {
      type: "string",
      default: "leader",
      requiresArg: true,
      describe: "What to wait for: leader, healthy, offset=N",
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
    ["wait --for offset=1000", "until a thousand records are there"],
  ],
  run: async (args) => {
    const { parseCondition, waitFor } = await import("../actions/wait.ts");
    await waitFor({
      condition: parseCondition(args.for),
      endpoints: args.endpoints,
      timeoutMs: args.timeout,
      format: formatOf(args),
    });
  },
});
