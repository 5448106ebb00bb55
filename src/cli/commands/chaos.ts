import { defineCommand, defineGroup } from "../command.ts";
import { durationFlag, formatOf, integerFlag } from "../flags.ts";

const run = defineCommand(
  {
    command: "run <scenario>",
    summary: "Break a cluster of real processes under load, and judge what it told its clients",
    details:
      "Acts on the running local cluster (`balsa cluster up`), or with --own on three nodes\n" +
      "of its own in a temporary directory: only there can links be cut and disks fail.\n" +
      "Producers, readers and tails work meanwhile; then everything is healed and read back,\n" +
      "and the simulator's checkers judge the whole history. Exit code 10 when a promise was\n" +
      "broken; the history is kept then, and its path printed.",
    positionals: {
      scenario: {
        type: "string",
        demandOption: true,
        describe: "A name (`balsa chaos list`), or a .yaml file of your own",
      },
    },
    flags: {
      duration: {
        type: "string",
        requiresArg: true,
        default: "30s",
        coerce: durationFlag("--duration"),
        describe: "How long clients work and things break: 30s, 10m",
      },
      seed: {
        type: "string",
        requiresArg: true,
        coerce: integerFlag("--seed"),
        describe: "Begins the draws: a similar run, not the same one; default: a new seed",
      },
      own: {
        type: "boolean",
        default: false,
        describe: "Start three nodes for this run, on free ports, and break links and disks too",
      },
      keep: {
        type: "string",
        requiresArg: true,
        describe: "Keep history, data and logs in this directory whatever the verdict",
      },
      procfile: {
        type: "string",
        requiresArg: true,
        default: "Procfile",
        describe: "The Procfile of the running cluster, without --own",
      },
    },
    examples: [
      ["chaos run leader-kills", "on the running cluster, half a minute"],
      ["chaos run everything --own --duration 10m", "ten minutes of everything"],
      ["chaos run partitions --own --seed 7 --json", "in a script"],
    ],
    run: async (args) => {
      const { chaosRun } = await import("../actions/chaos-run.ts");
      await chaosRun({ ...args, durationMs: args.duration, format: formatOf(args) });
    },
  },
  "chaos ",
);

const list = defineCommand(
  {
    command: "list",
    summary: "The scenarios that come with Balsa",
    flags: {},
    examples: [["chaos list", "name, faults, what it is"]],
    run: async (args) => {
      const { chaosList } = await import("../actions/chaos-list.ts");
      await chaosList(formatOf(args));
    },
  },
  "chaos ",
);

export const chaos = defineGroup(
  "chaos",
  "Break real processes, links and disks under load; judge what clients were told",
  "Scenarios are short YAML files in cluster/chaos; docs/chaos.md tells what each fault does.",
  [run, list],
);
