import { defineCommand } from "../command.ts";
import { formatOf } from "../flags.ts";

export const version = defineCommand({
  command: "version",
  summary: "Versions of this program, of the format on disk, of the protocol",
  examples: [
    ["version", "for people"],
    ["version --json", "for scripts"],
  ],
  run: async (args) => {
    const { showVersion } = await import("../actions/version.ts");
    await showVersion(formatOf(args));
  },
});
