import yargs, { type Argv } from "yargs";
import { append } from "./commands/append.ts";
import { chaos } from "./commands/chaos.ts";
import { cluster } from "./commands/cluster.ts";
import { config } from "./commands/config.ts";
import { dump } from "./commands/dump.ts";
import { get } from "./commands/get.ts";
import { maelstrom } from "./commands/maelstrom.ts";
import { repair } from "./commands/repair.ts";
import { segments } from "./commands/segments.ts";
import { sim } from "./commands/sim.ts";
import { snapshot } from "./commands/snapshot.ts";
import { start } from "./commands/start.ts";
import { status } from "./commands/status.ts";
import { tail } from "./commands/tail.ts";
import { trace } from "./commands/trace.ts";
import { verify } from "./commands/verify.ts";
import { version } from "./commands/version.ts";
import { wait } from "./commands/wait.ts";
import { EXIT } from "./exit-codes.ts";
import { printFailure } from "./print-failure.ts";
import { usageError } from "./usage-error.ts";
import { packageVersion } from "./version.ts";

const COMMANDS = [
  cluster,
  append,
  tail,
  get,
  status,
  segments,
  snapshot,
  wait,
  chaos,
  start,
  dump,
  verify,
  repair,
  sim,
  trace,
  maelstrom,
  config,
  version,
];

/** Runs one command line; never throws. Resolves to the exit code. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  try {
    await program(words).parseAsync();
    return typeof process.exitCode === "number" ? process.exitCode : EXIT.ok;
  } catch (thrown) {
    return printFailure(thrown, words);
  }
}

function program(words: readonly string[]) {
  const root: Argv = yargs([...words])
    .scriptName("balsa")
    .locale("en")
    .parserConfiguration({
      "populate--": true,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "camel-case-expansion": false,
      "dot-notation": false,
    })
    .usage(
      "$0 <command>\n\nA replicated, durable, totally ordered log: three nodes, one leader, " +
        "every record synced\non a majority before it is acknowledged.",
    )
    .command(COMMANDS)
    .example("$0 cluster up", "start the three nodes of the Procfile and watch them")
    .example('$0 append "hello"', "append one record")
    .example("$0 tail -o start", "print every record, then follow")
    .example("$0 cluster kill leader", "see what happens")
    .completion("completion", "Print a completion script for bash or zsh")
    .demandCommand(1, "say what to do: balsa <command>")
    .strict()
    .recommendCommands()
    .version(packageVersion())
    .help()
    .alias("help", "h")
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      if (error !== undefined && error.name !== "YError") throw error;
      throw usageError(message ?? error?.message ?? "", root, words);
    });
  return root.epilogue(EPILOGUE);
}

const EPILOGUE =
  "Data goes to stdout, everything else to stderr. Exit codes: 0 ok, 1 error, 2 cannot connect,\n" +
  "3 invalid value or config, 4 server error, 5 unhealthy, 6 I/O or directory in use,\n" +
  "7 no leader or quorum, 8 corruption, 9 outcome unknown, 10 invariant violated, 124 timeout,\n" +
  "128 bad flags, 130 and 143 signals. More: docs/cli.md";
