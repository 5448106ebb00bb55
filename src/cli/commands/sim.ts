import { defineCommand, defineGroup } from "../command.ts";
import { durationFlag, formatOf, integerFlag } from "../flags.ts";

const worldFlags = {
  nodes: {
    type: "string",
    requiresArg: true,
    coerce: integerFlag("--nodes"),
    default: "3",
    describe: "Voters: 1 to 7",
  },
  duration: {
    type: "string",
    requiresArg: true,
    coerce: durationFlag("--duration"),
    default: "22s",
    describe: "How long faults strike, in the world's own time",
  },
  faults: {
    type: "string",
    requiresArg: true,
    default: "default",
    describe: "A mix (default, none, network, process, disk …) or kinds: kill,isolate",
  },
} as const;

const run = defineCommand(
  {
    command: "run",
    summary: "Live through one world, and check everything that was promised in it",
    details:
      "The same seed and flags give the same trace, byte for byte. Exit code 10 on a violation.",
    flags: {
      seed: {
        type: "string",
        requiresArg: true,
        coerce: integerFlag("--seed"),
        default: "1",
        describe: "What everything is drawn from",
      },
      ...worldFlags,
      skip: {
        type: "string",
        requiresArg: true,
        default: "",
        describe: "Strikes of the nemesis to leave out, by number: 1-7,9",
      },
      trace: {
        type: "string",
        requiresArg: true,
        describe: "Write all that happened to this file",
      },
    },
    examples: [
      ["sim run --seed 42", "one world"],
      ["sim run --seed 42 --faults power-loss,kill --trace t.ndjson", "see it step by step"],
    ],
    run: async (args) => {
      const { runOne } = await import("../actions/sim/run.ts");
      const { seed, nodes, duration, faults, skip, trace } = args;
      await runOne({ seed, nodes, duration, faults, skip, trace, format: formatOf(args) });
    },
  },
  "sim ",
);

const search = defineCommand(
  {
    command: "search",
    summary: "Look for a world in which a promise is broken, on all cores",
    details:
      "Ends with what was reached: violations, faults, rare states, and those never seen.\n" +
      "With --json the last line is one object. Exit code 10 when a violation was found.",
    flags: {
      seeds: {
        type: "string",
        requiresArg: true,
        coerce: integerFlag("--seeds"),
        default: "200",
        describe: "How many worlds",
      },
      "first-seed": {
        type: "string",
        requiresArg: true,
        coerce: integerFlag("--first-seed"),
        default: "1",
        describe: "The first of them",
      },
      budget: {
        type: "string",
        requiresArg: true,
        coerce: durationFlag("--budget"),
        default: "1h",
        describe: "Begin no further world after this long",
      },
      workers: {
        type: "string",
        requiresArg: true,
        coerce: integerFlag("--workers"),
        describe: "Processes; default: one for each core",
      },
      ...worldFlags,
    },
    examples: [
      ["sim search --seeds 2000", "two thousand worlds"],
      ["sim search --seeds 100000 --budget 10m --json", "as many as ten minutes allow"],
    ],
    run: async (args) => {
      const { searchSeeds } = await import("../actions/sim/search.ts");
      const { seeds, budget, workers, nodes, duration, faults } = args;
      const firstSeed = args["first-seed"];
      const given = { seeds, firstSeed, budgetMs: budget, workers, nodes, duration, faults };
      await searchSeeds({ ...given, format: formatOf(args) });
    },
  },
  "sim ",
);

const traceFile = {
  trace: { type: "string", demandOption: true, describe: "A trace that `sim run --trace` wrote" },
} as const;

const replay = defineCommand(
  {
    command: "replay <trace>",
    summary: "Live through the world of a trace again, and compare line by line",
    details: "Exit code 1 when it went otherwise, 10 when a promise was broken in it.",
    positionals: traceFile,
    examples: [["sim replay t.ndjson", "the same again"]],
    run: async (args) => {
      const { replayTrace } = await import("../actions/sim/replay.ts");
      await replayTrace({ file: args.trace, format: formatOf(args) });
    },
  },
  "sim ",
);

const shrink = defineCommand(
  {
    command: "shrink <trace>",
    summary: "Make a failing world smaller while the same check still fails",
    details:
      "Ends it sooner and leaves out strikes of the nemesis. The trace of the smallest is written.",
    positionals: traceFile,
    flags: {
      output: {
        type: "string",
        requiresArg: true,
        describe: "Where to; default: beside the trace, ending in .small",
      },
      "max-runs": {
        type: "string",
        requiresArg: true,
        coerce: integerFlag("--max-runs"),
        default: "300",
        describe: "Most worlds to try",
      },
    },
    examples: [["sim shrink t.ndjson", "what is it really about?"]],
    run: async (args) => {
      const { shrinkTrace } = await import("../actions/sim/shrink.ts");
      const output = args.output ?? `${args.trace}.small`;
      const maxRuns = args["max-runs"];
      await shrinkTrace({ file: args.trace, output, maxRuns, format: formatOf(args) });
    },
  },
  "sim ",
);

const matrix = defineCommand(
  {
    command: "matrix",
    summary: "Damage the disks of a cluster in every way, and see it repaired or safely halted",
    details:
      "Four entries on three nodes, all 4096 patterns of damaged copies; or, on one node, each\n" +
      "byte flipped, each file cut at each length, each file missing. Exit code 10 on a failure.",
    flags: {
      variant: {
        type: "string",
        requiresArg: true,
        default: "active",
        describe: "Where the four entries lie: active, last, sealed, across, all",
      },
      flips: { type: "boolean", describe: "Flip each byte of each file of one node instead" },
      cuts: { type: "boolean", describe: "Cut each file of one node at each length instead" },
      missing: { type: "boolean", describe: "Remove each file of one node instead" },
      image: {
        type: "string",
        requiresArg: true,
        default: "plain",
        describe:
          "Whose files: plain, trimmed, compacted (what is beside the log), compressed, all",
      },
      every: {
        type: "string",
        requiresArg: true,
        coerce: integerFlag("--every"),
        default: "1",
        describe: "One cell of so many",
      },
      only: {
        type: "string",
        requiresArg: true,
        default: "",
        describe: "Cells by number: 7,4090-4095",
      },
      jobs: {
        type: "string",
        requiresArg: true,
        coerce: integerFlag("--jobs"),
        describe: "Processes; default: one for each core",
      },
    },
    examples: [
      ["sim matrix", "all 4096 patterns"],
      ["sim matrix --variant all --every 16", "a sample, wherever the entries lie"],
      ["sim matrix --flips --cuts --missing --json", "everything that can happen to a file"],
      ["sim matrix --flips --image all", "checkpoints, compacted and compressed files too"],
    ],
    run: async (args) => {
      const { runMatrix } = await import("../actions/sim/matrix.ts");
      const { variant, image, every, only, jobs } = args;
      const { flips = false, cuts = false, missing = false } = args;
      const cells = { variant, flips, cuts, missing, image, every, only };
      await runMatrix({ ...cells, jobs, format: formatOf(args) });
    },
  },
  "sim ",
);

export const sim = defineGroup(
  "sim",
  "Break simulated clusters and check every promise",
  "The nodes are the real ones; clock, network and disks are drawn from a seed.\n" +
    "See docs/simulator.md.",
  [run, search, replay, shrink, matrix],
);
