import { defineCommand, defineGroup } from "../command.ts";
import { formatOf, integerFlag, targetFlags } from "../flags.ts";

const list = defineCommand(
  {
    command: "list [where]",
    aliases: ["ls"],
    summary: "List the segments of a node, or of a data directory",
    details: "A directory is read without taking its lock, and needs no running node.",
    positionals: {
      where: { type: "string", describe: "Node (n1) or data directory; default: the leader" },
    },
    flags: { ...targetFlags },
    examples: [
      ["segments list", "of the leader"],
      ["segments list n3", "of a node"],
      ["segments list data/n3", "of a directory"],
    ],
    run: async (args) => {
      const { listSegments } = await import("../actions/segments.ts");
      await listSegments({
        where: args.where,
        endpoints: args.endpoints,
        timeoutMs: args.timeout,
        format: formatOf(args),
      });
    },
  },
  "segments ",
);

const info = defineCommand(
  {
    command: "info <base> [where]",
    summary: "Tell everything about one segment",
    positionals: {
      base: {
        type: "string",
        demandOption: true,
        coerce: integerFlag("<base>"),
        describe: "Base offset of the segment, as `segments list` shows it",
      },
      where: { type: "string", describe: "Node (n1) or data directory; default: the leader" },
    },
    flags: { ...targetFlags },
    examples: [
      ["segments info 0", "the first segment of the leader"],
      ["segments info 48211 data/n2", "of a directory"],
    ],
    run: async (args) => {
      const { showSegment } = await import("../actions/segments.ts");
      await showSegment({
        base: args.base,
        where: args.where,
        endpoints: args.endpoints,
        timeoutMs: args.timeout,
        format: formatOf(args),
      });
    },
  },
  "segments ",
);

export const segments = defineGroup(
  "segments",
  "The files of the log",
  "A log is a row of segments: one active, which is written; closed ones; sealed ones, which\n" +
    "never change and are equal byte for byte on every node.",
  [list, info],
);
