import { defineCommand } from "../command.ts";
import { formatOf, integerFlag } from "../flags.ts";

export const dump = defineCommand({
  command: "dump <path..>",
  summary: "Print the frames of segments, and checkpoints, from the files alone",
  details:
    "Reads .log files, or all of a data directory's in order, without a running node and\n" +
    "without the lock. One row per frame: what its header says, where it lies, whether it is\n" +
    "intact. Of a data directory the checkpoints, the manifest and the frames of compacted\n" +
    "files come first; each can be named alone. Exit code 8 when anything shown is damaged.\n\n" +
    "With --hexdump every byte stands beside its meaning: frames with their payloads and the\n" +
    "footer of a sealed segment or a compacted file, checkpoints and manifests, or the rows of\n" +
    "an .index file that is named.",
  positionals: {
    path: {
      type: "string",
      array: true,
      demandOption: true,
      describe: "Directories, .log, .checkpoint, .manifest, .compacted; with -x .index too",
    },
  },
  flags: {
    records: {
      alias: "r",
      type: "boolean",
      default: false,
      describe: "Print the records of each frame too",
    },
    hexdump: {
      alias: "x",
      type: "boolean",
      default: false,
      describe: "Print every byte, with the names and values of the fields",
    },
    from: {
      type: "string",
      requiresArg: true,
      coerce: integerFlag("--from"),
      describe: "Only entries from this index on",
    },
    to: {
      type: "string",
      requiresArg: true,
      coerce: integerFlag("--to"),
      describe: "Only entries up to this index",
    },
  },
  examples: [
    ["dump data/n1", "every frame of a node"],
    ["dump data/n1/log/00000000000000000000.log", "one segment"],
    ["dump data/n1/snapshots/00000000000000000027.checkpoint", "where a log begins, its state"],
    ["dump data/n1 --hexdump --from 3 --to 3", "every byte of entry 3"],
    ["dump data/n1/log/00000000000000000000.index -x", "the rows of a segment"],
    ["dump data/n1 -w ndjson", "for scripts"],
  ],
  run: async (args) => {
    const { path: paths, records, from: fromIndex = 0 } = args;
    const toIndex = args.to ?? Number.POSITIVE_INFINITY;
    const format = formatOf(args);
    if (args.hexdump) {
      const { hexdump } = await import("../actions/hexdump.ts");
      return hexdump({ paths, fromIndex, toIndex, format });
    }
    const { dumpPaths } = await import("../actions/dump.ts");
    await dumpPaths({ paths, records, fromIndex, toIndex, format });
  },
});
