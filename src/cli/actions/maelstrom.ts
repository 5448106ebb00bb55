import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deferred } from "../../common/deferred.ts";
import type { FatalError } from "../../common/fatal-error.ts";
import { LineSplitter } from "../../maelstrom/line-splitter.ts";
import { MaelstromNode } from "../../maelstrom/maelstrom-node.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { systemRandom } from "../../runtime/system-random.ts";
import { systemScheduler } from "../../runtime/system-scheduler.ts";
import { nodeFileSystem } from "../../storage/node-file-system.ts";
import { EXIT } from "../exit-codes.ts";
import { reportOf } from "../failure.ts";
import { type NodeLogger, openNodeLogger } from "../node-logger.ts";
import { say } from "../terminal.ts";

/** The largest message between nodes, in base64, and more than any client needs. */
const MAX_LINE_BYTES = 16 << 20;

export interface MaelstromArguments {
  /** Absent: a temporary directory that goes with the process. */
  readonly dataDirectory: string | undefined;
  readonly logFormat: "auto" | "json" | "human";
}

/** Runs one node of the workbench until its input ends, or a signal. */
export async function runMaelstromNode(args: MaelstromArguments): Promise<void> {
  const logger = openNodeLogger("maelstrom", args.logFormat, process.stderr);
  leaveOnUnexpected(logger);
  const directory = args.dataDirectory ?? temporaryDirectory();
  const complain = (problem: string) => logger.say(problem);
  const node = new MaelstromNode({
    ...{ clock: systemClock, scheduler: systemScheduler, random: systemRandom },
    fileSystem: nodeFileSystem,
    trace: (event) => logger.trace(event),
    halt: (error) => leaveBecause(error, logger),
    write: (line) => process.stdout.write(`${line}\n`),
    complain,
    dataDirectoryOf: (nodeId) => join(directory, nodeId),
  });
  const lines = new LineSplitter(MAX_LINE_BYTES, () =>
    complain(`a line of more than ${MAX_LINE_BYTES} bytes was passed over`),
  );
  const exitCode = await inputEnds((chunk) => {
    for (const line of lines.split(chunk)) node.receive(line);
  });
  const rest = lines.rest();
  if (rest !== undefined) node.receive(rest);
  await node.end();
  await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
  logger.flush();
  process.exit(exitCode);
}

/** Resolves to the exit code when there is no more input, or a signal asks to stop. */
function inputEnds(take: (chunk: Buffer) => void): Promise<number> {
  const ended = deferred<number>();
  process.stdin.on("data", take);
  process.stdin.on("end", () => ended.resolve(EXIT.ok));
  process.stdin.on("error", () => ended.resolve(EXIT.ok));
  process.once("SIGINT", () => ended.resolve(EXIT.interrupted));
  process.once("SIGTERM", () => ended.resolve(EXIT.terminated));
  return ended.promise;
}

/** Removed however the process ends, as long as it is not killed. */
function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "balsa-maelstrom-"));
  process.on("exit", () => {
    try {
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // Nobody is left to be told; the system clears its temporary files.
    }
  });
  return directory;
}

function leaveBecause(error: FatalError, logger: NodeLogger): never {
  say(`balsa: ${error.message}`);
  logger.flush();
  process.exit(error.exitCode);
}

function leaveOnUnexpected(logger: NodeLogger): void {
  const leave = (thrown: unknown) => {
    logger.fatal(thrown);
    const { message, exitCode } = reportOf(thrown);
    say(`balsa: unexpected: ${message}`);
    logger.flush();
    process.exit(exitCode);
  };
  process.on("uncaughtException", leave).on("unhandledRejection", leave);
}
