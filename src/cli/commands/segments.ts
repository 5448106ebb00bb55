import { defineCommand, defineGroup } from "../command.ts";
import {
  durationFlag,
  formatOf,
  integerFlag,
  rateFlag,
  retentionFlag,
  sizeFlag,
  targetFlags,
} from "../flags.ts";

const list = defineCommand(
  {
    command: "list [where]",
    aliases: ["ls"],
    summary: "List the segments of a node, or of a data directory",
    details:
      "A node tells for each segment why it is still there, and when it goes. A directory is\n" +
      "read without taking its lock, and needs no running node; it knows neither.",
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
    summary: "Tell everything about one segment: why it is still there, and when it goes",
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

const retention = defineCommand(
  {
    command: "retention [node]",
    summary: "Tell for every segment why it is still there and when it goes",
    details:
      "Retention needs no command: the leader looks every second. --dry-run shows what would go\n" +
      "now, perhaps with other settings, and changes nothing.",
    positionals: { node: { type: "string", describe: "Node (n1); default: the leader" } },
    flags: {
      "dry-run": { type: "boolean", default: false, describe: "Only what would go now" },
      "retention-bytes": {
        type: "string",
        requiresArg: true,
        coerce: sizeFlag("--retention-bytes"),
        describe: "With --dry-run: as if this were the setting",
      },
      "retention-ms": {
        type: "string",
        requiresArg: true,
        coerce: durationFlag("--retention-ms"),
        describe: "With --dry-run: as if this were the setting",
      },
      ...targetFlags,
    },
    examples: [
      ["segments retention", "of the leader, which decides"],
      ["segments retention --dry-run --retention-bytes 1GiB", "before it is set"],
    ],
    run: async (args) => {
      const { showRetention } = await import("../actions/retention.ts");
      await showRetention({
        where: args.node,
        endpoints: args.endpoints,
        timeoutMs: args.timeout,
        format: formatOf(args),
        dryRun: args["dry-run"],
        retentionBytes: args["retention-bytes"],
        retentionMs: args["retention-ms"],
      });
    },
  },
  "segments ",
);

const trim = defineCommand(
  {
    command: "trim",
    summary: "Drop the oldest records on every node, for good",
    details:
      "Moves the log start; segments that lie wholly below it go. Asks on a terminal, otherwise\n" +
      "needs --yes.",
    flags: {
      "before-offset": {
        type: "string",
        requiresArg: true,
        demandOption: true,
        coerce: integerFlag("--before-offset"),
        describe: "The first offset that stays",
      },
      yes: { alias: "y", type: "boolean", default: false, describe: "Do not ask" },
      ...targetFlags,
    },
    examples: [["segments trim --before-offset 48211", "everything up to offset 48210 goes"]],
    run: async (args) => {
      const { trimLog } = await import("../actions/segments-change.ts");
      await trimLog({
        beforeOffset: args["before-offset"],
        yes: args.yes,
        endpoints: args.endpoints,
        timeoutMs: args.timeout,
        format: formatOf(args),
      });
    },
  },
  "segments ",
);

const roll = defineCommand(
  {
    command: "roll",
    summary: "Start a new segment on every node",
    details: "Nothing happens while the active one holds no record.",
    flags: { ...targetFlags },
    examples: [["segments roll", "the active segment is closed, and sealed soon after"]],
    run: async (args) => {
      const { rollSegment } = await import("../actions/segments-change.ts");
      const { endpoints, timeout: timeoutMs } = args;
      await rollSegment({ endpoints, timeoutMs, format: formatOf(args) });
    },
  },
  "segments ",
);

const plan = defineCommand(
  {
    command: "plan",
    summary: "Propose a segment size, and show the arithmetic",
    details: "Asks nobody: figures out of the flags, and out of what docs/bench.md has measured.",
    flags: {
      "write-rate": {
        type: "string",
        requiresArg: true,
        demandOption: true,
        coerce: rateFlag("--write-rate"),
        describe: "Bytes of records a second: 5MB/s",
      },
      retention: {
        type: "string",
        requiresArg: true,
        demandOption: true,
        coerce: retentionFlag("--retention"),
        describe: "What is to be kept: 7d, or 500GB",
      },
      "recovery-time": {
        type: "string",
        requiresArg: true,
        default: "2s",
        coerce: durationFlag("--recovery-time"),
        describe: "What reading unsealed segments may take at a restart",
      },
      nodes: {
        type: "string",
        requiresArg: true,
        default: "3",
        coerce: integerFlag("--nodes", 1),
        describe: "Nodes that each keep all of it",
      },
      "entry-bytes": {
        type: "string",
        requiresArg: true,
        default: "4KiB",
        coerce: sizeFlag("--entry-bytes"),
        describe: "Mean size of an entry, which is a batch of records",
      },
    },
    examples: [
      ["segments plan --write-rate 5MB/s --retention 7d", "by time"],
      ["segments plan --write-rate 5MB/s --retention 500GB --recovery-time 1s", "by size"],
    ],
    run: async (args) => {
      const { showPlan } = await import("../actions/segments-plan.ts");
      await showPlan({
        writeBytesPerSecond: args["write-rate"],
        retention: args.retention,
        recoveryMs: args["recovery-time"],
        nodes: args.nodes,
        entryBytes: args["entry-bytes"],
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
    "never change and are equal byte for byte on every node; and, where the policy compacts,\n" +
    "compacted ones before them.",
  [list, info, retention, trim, roll, plan],
);
