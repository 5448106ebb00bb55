import { defineCommand, defineGroup } from "../command.ts";
import { formatOf, targetFlags } from "../flags.ts";

const trigger = defineCommand(
  {
    command: "trigger",
    summary: "Take a snapshot now: everything up to here may be compacted, or sent as one",
    details:
      "Starts a new segment where the active one holds records, waits for the seal, marks it by\n" +
      "an entry of the log. What the policy keeps stays.",
    flags: { ...targetFlags },
    examples: [["snapshot trigger", "prints the last entry and offset that it covers"]],
    run: async (args) => {
      const { triggerSnapshot } = await import("../actions/snapshot-trigger.ts");
      const { endpoints, timeout: timeoutMs } = args;
      await triggerSnapshot({ endpoints, timeoutMs, format: formatOf(args) });
    },
  },
  "snapshot ",
);

const list = defineCommand(
  {
    command: "list [where]",
    aliases: ["ls"],
    summary: "List checkpoints and compacted files of a node, or of a data directory",
    details: "A directory is read without taking its lock, and needs no running node.",
    positionals: {
      where: { type: "string", describe: "Node (n1) or data directory; default: the leader" },
    },
    flags: { ...targetFlags },
    examples: [
      ["snapshot list n3", "of a node, with transfers that are under way"],
      ["snapshot list data/n3", "of a directory"],
    ],
    run: async (args) => {
      const { listSnapshots } = await import("../actions/snapshots.ts");
      const { where, endpoints, timeout: timeoutMs } = args;
      await listSnapshots({ where, endpoints, timeoutMs, format: formatOf(args) });
    },
  },
  "snapshot ",
);

const info = defineCommand(
  {
    command: "info <path>",
    summary: "Tell what a checkpoint or a manifest says",
    positionals: {
      path: {
        type: "string",
        demandOption: true,
        describe: "A .checkpoint or .manifest file, or a data directory: its newest checkpoint",
      },
    },
    examples: [
      ["snapshot info data/n1", "position, settings, log start, voters"],
      ["snapshot info data/n1/snapshots/00000000000000000042.manifest", "what was compacted"],
    ],
    run: async (args) => {
      const { showSnapshot } = await import("../actions/snapshot-info.ts");
      await showSnapshot({ path: args.path, format: formatOf(args) });
    },
  },
  "snapshot ",
);

const verify = defineCommand(
  {
    command: "verify <path..>",
    summary: "Check every byte of checkpoints, manifests and compacted files",
    details:
      "From the files alone, without the lock. Exit code 8 when anything is damaged, naming it.\n" +
      "`balsa verify` checks the segments of the log.",
    positionals: {
      path: {
        type: "string",
        array: true,
        demandOption: true,
        describe: "Data directories, or .checkpoint and .manifest files",
      },
    },
    examples: [["snapshot verify data/n1 data/n2 data/n3", "the whole local cluster"]],
    run: async (args) => {
      const { verifySnapshots } = await import("../actions/snapshot-verify.ts");
      await verifySnapshots({ paths: args.path, format: formatOf(args) });
    },
  },
  "snapshot ",
);

export const snapshot = defineGroup(
  "snapshot",
  "What stands for the beginning of the log when its segments are gone",
  "A checkpoint is taken at every seal: position, settings, log start, voters. Where the policy\n" +
    "compacts, compacted segments and their manifest stand beside it.",
  [trigger, list, info, verify],
);
