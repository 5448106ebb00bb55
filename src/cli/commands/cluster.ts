import { defineCommand, defineGroup } from "../command.ts";
import { formatOf, integerFlag } from "../flags.ts";

const procfileFlag = {
  procfile: {
    type: "string",
    requiresArg: true,
    default: "Procfile",
    describe: "The Procfile whose nodes are meant; data/cluster.json lies beside it",
  },
} as const;

const nodePositional = {
  node: {
    type: "string",
    array: true,
    demandOption: true,
    describe: "Names of nodes, or leader, or all",
  },
} as const;

const up = defineCommand(
  {
    command: "up",
    summary: "Start the nodes of the Procfile and watch over them",
    details:
      "Tells one line per state change until Ctrl-C, which stops every node in good order.\n" +
      "A node that is killed or dies stays down until `balsa cluster restart`. The nodes' JSON\n" +
      "logs go to node.ndjson in their data directories.",
    flags: {
      ...procfileFlag,
      detach: {
        alias: "d",
        type: "boolean",
        default: false,
        describe: "Return when there is a leader; `balsa cluster down` stops it",
      },
      fresh: {
        type: "boolean",
        default: false,
        describe: "Wipe the nodes' data directories first",
      },
    },
    examples: [
      ["cluster up", "in the foreground"],
      ["cluster up --detach && balsa append hello", "in a script"],
      ["cluster up --fresh", "with an empty log"],
    ],
    run: async (args) => {
      const { clusterUp } = await import("../actions/cluster-up.ts");
      await clusterUp({ ...args, format: formatOf(args) });
    },
  },
  "cluster ",
);

const down = defineCommand(
  {
    command: "down",
    summary: "Stop the running local cluster in good order",
    flags: { ...procfileFlag },
    examples: [["cluster down", "the data stays"]],
    run: async (args) => {
      const { clusterDown } = await import("../actions/cluster-down.ts");
      await clusterDown({ ...args, format: formatOf(args) });
    },
  },
  "cluster ",
);

const status = defineCommand(
  {
    command: "status",
    aliases: ["ps"],
    summary: "The processes of the running local cluster",
    details: "What the supervisor knows. `balsa status` asks the nodes themselves.",
    flags: { ...procfileFlag },
    examples: [["cluster status", "state, process, role, addresses"]],
    run: async (args) => {
      const { clusterStatus } = await import("../actions/cluster-control.ts");
      await clusterStatus({ ...args, format: formatOf(args) });
    },
  },
  "cluster ",
);

const logs = defineCommand(
  {
    command: "logs [node..]",
    summary: "What the nodes told, in words",
    details: "Reads node.ndjson of each data directory; -w ndjson prints the lines as they are.",
    positionals: {
      node: { type: "string", array: true, describe: "Names of nodes; default: all" },
    },
    flags: {
      ...procfileFlag,
      count: {
        alias: "n",
        type: "string",
        requiresArg: true,
        default: "50",
        coerce: integerFlag("-n"),
        describe: "The last so many lines",
      },
    },
    examples: [
      ["cluster logs", "the last 50 lines of all nodes, by time"],
      ["cluster logs n2 -n 1000 -w ndjson", "n2's own JSON"],
    ],
    run: async (args) => {
      const { clusterLogs } = await import("../actions/cluster-logs.ts");
      await clusterLogs({
        procfile: args.procfile,
        names: args.node ?? [],
        count: args.count,
        format: formatOf(args),
      });
    },
  },
  "cluster ",
);

const kill = defineCommand(
  {
    command: "kill <node..>",
    summary: "Kill nodes at once, without a chance to tidy up",
    details: "A killed node stays down until `balsa cluster restart`.",
    positionals: nodePositional,
    flags: {
      ...procfileFlag,
      signal: {
        type: "string",
        requiresArg: true,
        default: "KILL",
        describe: "Signal to send: KILL, TERM, INT, or a number",
      },
    },
    examples: [
      ["cluster kill leader", "and watch the election"],
      ["cluster kill n1 n2", "a majority: the log stops, and loses nothing"],
      ["cluster kill n3 --signal TERM", "in good order"],
    ],
    run: async (args) => {
      const { clusterKill } = await import("../actions/cluster-control.ts");
      await clusterKill({ ...args, nodes: args.node, format: formatOf(args) });
    },
  },
  "cluster ",
);

function controlCommand(verb: "pause" | "resume", summary: string, details: string) {
  return defineCommand(
    {
      command: `${verb} <node..>`,
      summary,
      details,
      positionals: nodePositional,
      flags: { ...procfileFlag },
      examples: [
        [`cluster ${verb} n2`, "one node"],
        [`cluster ${verb} all`, "every node"],
      ],
      run: async (args) => {
        const { clusterControl } = await import("../actions/cluster-control.ts");
        await clusterControl({ ...args, verb, nodes: args.node, format: formatOf(args) });
      },
    },
    "cluster ",
  );
}

const restart = defineCommand(
  {
    command: "restart [node..]",
    summary: "Start nodes again: those that are down, or the named ones",
    details: "A named node that runs is stopped in good order first.",
    positionals: {
      node: {
        type: "string",
        array: true,
        describe: "Nodes, or leader, or all; none: what is down",
      },
    },
    flags: { ...procfileFlag },
    examples: [
      ["cluster restart", "whatever was killed"],
      ["cluster restart all", "a rolling restart"],
    ],
    run: async (args) => {
      const { clusterControl } = await import("../actions/cluster-control.ts");
      const nodes = args.node ?? [];
      await clusterControl({ ...args, verb: "restart", nodes, format: formatOf(args) });
    },
  },
  "cluster ",
);

const wipe = defineCommand(
  {
    command: "wipe",
    summary: "Delete the data of the whole stopped cluster",
    details:
      "All nodes or none: a single wiped node would come back as a stranger that may not vote.\n" +
      "Refuses while the cluster runs. Asks on a terminal, otherwise needs --yes.",
    flags: {
      ...procfileFlag,
      yes: { alias: "y", type: "boolean", default: false, describe: "Do not ask" },
    },
    examples: [["cluster down && balsa cluster wipe --yes", "begin again"]],
    run: async (args) => {
      const { clusterWipe } = await import("../actions/cluster-wipe.ts");
      await clusterWipe({ ...args, format: formatOf(args) });
    },
  },
  "cluster ",
);

export const cluster = defineGroup(
  "cluster",
  "A cluster on this machine: start it, break it, stop it",
  "The nodes are those of the Procfile. One supervisor watches over them (`cluster up`); the\n" +
    "other commands reach it from any terminal, in the same directory.",
  [
    up,
    down,
    status,
    logs,
    kill,
    controlCommand(
      "pause",
      "Freeze nodes (SIGSTOP): they hold their ports and say nothing",
      "A paused leader is replaced, and steps down when it wakes.",
    ),
    controlCommand("resume", "Let paused nodes go on (SIGCONT)", "They catch up by themselves."),
    restart,
    wipe,
  ],
);
