import { defineCommand } from "../command.ts";
import { formatOf, targetFlags } from "../flags.ts";

export const status = defineCommand({
  command: "status",
  summary: "All nodes in one table: role, term, positions, lag, segments",
  details:
    "Any node is asked, and asks the others; a node that cannot be reached is shown as down.\n" +
    "Exit code 7 when no leader is known.",
  flags: { ...targetFlags },
  examples: [
    ["status", "one table"],
    ["status --json", "everything the nodes tell, for scripts"],
    ["status --endpoints 127.0.0.1:7102", "asked of one node"],
  ],
  run: async (args) => {
    const { showStatus } = await import("../actions/status.ts");
    await showStatus({
      endpoints: args.endpoints,
      timeoutMs: args.timeout,
      format: formatOf(args),
    });
  },
});
