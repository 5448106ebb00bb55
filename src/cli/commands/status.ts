import { defineCommand } from "../command.ts";
import { durationFlag, formatOf, targetFlags } from "../flags.ts";

const DEFAULT_WATCH_MS = 1_000;

export const status = defineCommand({
  command: "status",
  summary: "All nodes in one table: role, term, positions, lag, segments",
  details:
    "Any node is asked, and asks the others; a node that cannot be reached is shown as down.\n" +
    "Exit code 7 when no leader is known.",
  flags: {
    watch: {
      type: "string",
      coerce: (text: string) => (text === "" ? DEFAULT_WATCH_MS : durationFlag("--watch")(text)),
      describe: "Ask again every second, or as often as said: 500ms, 5s; Ctrl-C ends",
    },
    ...targetFlags,
  },
  examples: [
    ["status", "one table"],
    ["status --watch", "a table that stays true"],
    ["status --watch 5s -w ndjson", "a JSON line every five seconds"],
    ["status --json", "everything the nodes tell, for scripts"],
    ["status --endpoints 127.0.0.1:7102", "asked of one node"],
  ],
  run: async (args) => {
    const { endpoints, timeout: timeoutMs, watch: intervalMs } = args;
    const format = formatOf(args);
    if (intervalMs !== undefined) {
      const { watchStatus } = await import("../actions/status-watch.ts");
      return watchStatus({ endpoints, timeoutMs, format, intervalMs });
    }
    const { showStatus } = await import("../actions/status.ts");
    await showStatus({ endpoints, timeoutMs, format });
  },
});
