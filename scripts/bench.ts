import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchCase } from "./bench/cases.ts";
import { CeilingCluster, PREALLOCATE_MIB } from "./bench/ceiling-cluster.ts";
import { runLoad } from "./bench/child.ts";
import { cpuTimesUs } from "./bench/cpu-time.ts";
import { type FailoverFigures, measureFailover } from "./bench/failover.ts";
import { describeMachine } from "./bench/machine.ts";
import type { Load, LoadResult } from "./bench/load.ts";
import { type Measured, measureCase, type Run, type Subject } from "./bench/measure.ts";
import { type BenchOptions, parseBenchOptions, USAGE } from "./bench/options.ts";
import { summarizeProfiles } from "./bench/profile-summary.ts";
import { type BenchReport, printTable, settingsOf } from "./bench/report.ts";
import type { ScaleFigures } from "./bench/scale/figures.ts";
import { measureScale } from "./bench/scale/measure-scale.ts";
import { LocalCluster } from "./local-cluster/local-cluster.ts";

type Subjects = Readonly<Record<"preallocated" | "growing", CeilingCluster>> & {
  readonly balsa: LocalCluster;
};

function profileFlags(profile: string | undefined, name: string): readonly string[] {
  if (profile === undefined) return [];
  return ["--cpu-prof", `--cpu-prof-dir=${join(profile, name)}`];
}

async function startSubjects(directory: string, profile: string | undefined): Promise<Subjects> {
  const balsa = await LocalCluster.create({
    directory: join(directory, "balsa"),
    nodeFlags: (nodeId) => profileFlags(profile, nodeId),
  });
  balsa.startAll();
  const [preallocated, growing] = await Promise.all([
    CeilingCluster.start(join(directory, "preallocated"), PREALLOCATE_MIB),
    CeilingCluster.start(join(directory, "growing"), 0),
    balsa.waitForLeader(),
  ]);
  return { balsa, preallocated, growing };
}

async function stopSubjects({ balsa, preallocated, growing }: Subjects): Promise<void> {
  await Promise.all([balsa.stop(), preallocated.stop(), growing.stop()]);
}

function measureSubject(
  { balsa, preallocated, growing }: Subjects,
  subject: Subject,
  load: Load,
  profile: string | undefined,
): Promise<LoadResult> {
  switch (subject) {
    case "balsa":
      return runLoad("balsa-load", balsa.endpoints, load, profileFlags(profile, "client"));
    case "preallocated":
      return runLoad("ceiling-load", String(preallocated.port), load);
    case "growing":
      return runLoad("ceiling-load", String(growing.port), load);
  }
}

async function measureOne(
  subjects: Subjects,
  one: BenchCase,
  { seconds, rounds, profile }: BenchOptions,
): Promise<Measured> {
  const load: Load = { ...one.load, seconds };
  const measure = async (subject: Subject): Promise<Run> => {
    const { pids } = subjects[subject];
    const beforeUs = cpuTimesUs(pids);
    const result = await measureSubject(subjects, subject, load, profile);
    const nodesCpuUs = (cpuTimesUs(pids) - beforeUs) / result.allAppends;
    console.error(`${one.id} ${subject}: ${JSON.stringify(result)}`);
    return { value: one.read(result), clientCpuUs: result.clientCpuUs, nodesCpuUs };
  };
  return measureCase(one, rounds, measure);
}

async function measureCases(options: BenchOptions): Promise<readonly Measured[]> {
  const subjects = await startSubjects(options.directory, options.profile);
  const cases: Measured[] = [];
  try {
    for (const one of options.cases) cases.push(await measureOne(subjects, one, options));
  } finally {
    await stopSubjects(subjects);
  }
  return cases;
}

/** On a cluster of its own: nothing else runs beside it. */
async function measureKills({ directory, kills }: BenchOptions): Promise<FailoverFigures> {
  const cluster = await LocalCluster.create({ directory: join(directory, "failover") });
  cluster.startAll();
  try {
    await cluster.waitForLeader();
    return await measureFailover(cluster, kills);
  } finally {
    await cluster.remove();
  }
}

function measureLongLogs(options: BenchOptions): Promise<ScaleFigures> {
  const { scale: ids, gigabytes, seconds, rounds, profile } = options;
  return measureScale({
    ...{ ids, gigabytes, seconds, rounds },
    directory: join(options.directory, "scale"),
    nodeFlags: (nodeId) => profileFlags(profile, nodeId),
  });
}

async function bench(options: BenchOptions): Promise<void> {
  mkdirSync(options.directory, { recursive: true });
  const machine = describeMachine(options.directory);
  if (machine.fileSystem === "tmpfs")
    console.error(`${options.directory} is in memory: its syncs cost nothing. Choose --dir.`);
  let cases: readonly Measured[] = [];
  let failover: FailoverFigures | undefined;
  let scale: ScaleFigures | undefined;
  try {
    if (options.cases.length > 0) cases = await measureCases(options);
    if (options.kills > 0) failover = await measureKills(options);
    if (options.scale.size > 0) scale = await measureLongLogs(options);
  } finally {
    rmSync(options.directory, { recursive: true, force: true });
  }
  const settings = settingsOf(options, PREALLOCATE_MIB);
  const measured = { cases, failover, scale };
  const report: BenchReport = { machine, node: process.version, settings, ...measured };
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`);
  console.log(options.json ? JSON.stringify(report, null, 2) : printTable(report));
  if (options.profile !== undefined) console.error(summarizeProfiles(options.profile));
}

try {
  const options = parseBenchOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else await bench(options);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
