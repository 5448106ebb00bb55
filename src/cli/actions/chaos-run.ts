import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findScenario } from "../chaos/find-scenario.ts";
import { keepHistory } from "../chaos/keep-history.ts";
import { possibleFaults } from "../chaos/nemesis.ts";
import { OwnCluster } from "../chaos/own-cluster.ts";
import { type ChaosReport, reportOf, reportText } from "../chaos/report.ts";
import { type ChaosOptions, type ChaosResult, runChaos } from "../chaos/run-chaos.ts";
import type { Scenario } from "../chaos/scenario.ts";
import { SupervisedCluster } from "../chaos/supervised-cluster.ts";
import { damageIn } from "../chaos/verify-data.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { type OutputFormat, printObject } from "../output.ts";
import { clockTime } from "../story.ts";
import { say } from "../terminal.ts";

export interface ChaosRunArguments {
  readonly scenario: string;
  readonly durationMs: number;
  readonly seed: number | undefined;
  readonly own: boolean;
  readonly keep: string | undefined;
  readonly procfile: string;
  readonly format: OutputFormat;
}

/** Small, so that a run seals many. */
const SEGMENT_BYTES = "256KiB";
const MAX_SEED = 0x7fff_ffff;

interface Judged extends ChaosResult {
  readonly kept: string | undefined;
}

/** Runs one scenario, prints what it came to, and fails with 10 where a promise was broken. */
export async function chaosRun(args: ChaosRunArguments): Promise<void> {
  const scenario = findScenario(args.scenario);
  const seed = args.seed ?? Math.floor(Math.random() * MAX_SEED);
  const interrupted = new AbortController();
  const stop = (exitCode: number) => {
    interrupted.abort(new Failure(exitCode, "ABORTED", "the run was interrupted: not judged"));
  };
  const [onInt, onTerm] = [() => stop(EXIT.interrupted), () => stop(EXIT.terminated)];
  process.on("SIGINT", onInt).on("SIGTERM", onTerm).on("SIGHUP", onTerm);
  const tell = (line: string) => say(`${clockTime(Date.now())} ${line}`);
  const { durationMs } = args;
  const given = { scenario, seed, durationMs, signal: interrupted.signal, tell };
  try {
    tell(`${scenario.name}, seed ${seed}: ${scenario.summary}`);
    const judged = args.own ? await onOwn(given, args.keep) : await onRunning(given, args);
    await print(reportOf({ ...judged, scenario: scenario.name, seed }), args);
  } finally {
    process.off("SIGINT", onInt).off("SIGTERM", onTerm).off("SIGHUP", onTerm);
  }
}

type Given = Omit<ChaosOptions, "cluster" | "dataDirectories">;

async function onOwn(given: Given, keep: string | undefined): Promise<Judged> {
  const directory = keep ?? mkdtempSync(join(tmpdir(), "balsa-chaos-"));
  if (keep !== undefined) mkdirSync(keep, { recursive: true });
  let keeping = keep !== undefined;
  const cluster = await OwnCluster.start(directory, SEGMENT_BYTES);
  const killNow = () => cluster.killNow();
  process.on("exit", killNow);
  try {
    const { dataDirectories } = cluster;
    const result = await runChaos({ ...given, cluster, dataDirectories });
    await cluster.stop();
    const damage = await damageIn(dataDirectories);
    const violations = [...result.verdict.violations, ...damage];
    const { skipped } = result.verdict;
    const judged = { ...result, verdict: { violations, skipped } };
    keeping ||= violations.length > 0;
    if (keeping) await keepHistory(directory, judged.record, dataDirectories);
    return { ...judged, kept: keeping ? directory : undefined };
  } finally {
    cluster.killNow();
    process.off("exit", killNow);
    if (!keeping) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function onRunning(given: Given, args: ChaosRunArguments): Promise<Judged> {
  const cluster = await SupervisedCluster.find(args.procfile);
  tellWhatIsLeftOut(given.scenario, cluster, given.tell);
  const { dataDirectories } = cluster;
  try {
    const result = await runChaos({ ...given, cluster, dataDirectories });
    const violated = result.verdict.violations.length > 0;
    if (!violated && args.keep === undefined) return { ...result, kept: undefined };
    const kept = args.keep ?? mkdtempSync(join(tmpdir(), "balsa-chaos-"));
    mkdirSync(kept, { recursive: true });
    await keepHistory(kept, result.record, dataDirectories);
    return { ...result, kept };
  } finally {
    // Whatever happened, the cluster is given back as it was.
    for (const { nodeId } of cluster.nodes) {
      await cluster.resume(nodeId);
      await cluster.start(nodeId);
    }
  }
}

function tellWhatIsLeftOut(
  scenario: Scenario,
  cluster: SupervisedCluster,
  tell: (line: string) => void,
): void {
  const possible = possibleFaults(cluster, scenario);
  if (possible.length === 0)
    throw new Failure(
      EXIT.invalidValue,
      "INVALID_ARGUMENT",
      `${scenario.name} breaks links or disks: that is possible only on nodes of its own`,
      `balsa chaos run ${scenario.name} --own`,
    );
  const left = scenario.faults.filter((plan) => !possible.includes(plan)).map((plan) => plan.do);
  if (left.length > 0) tell(`left out without --own: ${[...new Set(left)].join(", ")}`);
}

async function print(report: ChaosReport, { format }: ChaosRunArguments): Promise<void> {
  if (report.kept !== null)
    writeFileSync(join(report.kept, "report.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  await printObject(format, report, reportText(report));
  const [first] = report.violations;
  if (first === undefined) return;
  const more = report.violations.length === 1 ? "" : `, and ${report.violations.length - 1} more`;
  throw new Failure(
    EXIT.invariant,
    "INVARIANT",
    `a promise was broken: ${first.check}: ${first.message}${more}`,
    `everything is in ${report.kept}`,
  );
}
