import { checkAcknowledgedRecords } from "./checkers/acknowledged-records.ts";
import { checkDenseOffsets } from "./checkers/dense-offsets.ts";
import { checkEqualLogs } from "./checkers/equal-logs.ts";
import { checkOneLeaderPerTerm } from "./checkers/one-leader-per-term.ts";
import { checkSealedSegments } from "./checkers/sealed-segments.ts";
import type { AppendOperation } from "./history.ts";
import { type FaultCounts, Nemesis } from "./nemesis.ts";
import { readLog } from "./read-log.ts";
import { Workload } from "./workload.ts";
import { World, type WorldOptions } from "./world.ts";

/** The world runs this long under faults, then has this long to become well. */
const FAULTS_MS = 10_000;
const RECOVERY_MS = 30_000;

export interface SmallWorldResult {
  readonly seed: number;
  /** Empty when all went well; each line names what did not hold. */
  readonly violations: readonly string[];
  readonly acknowledged: number;
  readonly unknown: number;
  readonly elections: number;
  readonly truncations: number;
  readonly sealed: number;
  readonly faults: FaultCounts;
  readonly simulatedMs: number;
  /** The whole story as text: equal for equal seeds. */
  readonly trace: readonly string[];
}

/** One seed: a cluster forms, clients append while it is being broken, it heals, all is checked. */
export async function runSmallWorld(
  seed: number,
  options: Partial<WorldOptions> = {},
): Promise<SmallWorldResult> {
  const world = new World(seed, { nodes: 3, segmentBytes: 4096, ...options });
  for (const host of world.hosts) world.start(host);
  const workload = new Workload(world, 4);
  // Empty disks must meet once; what breaks before that has seeds of its own to be found by.
  if (seed % 8 !== 0) await world.runUntil(() => isWell(world), RECOVERY_MS);
  const nemesis = new Nemesis(world);
  await world.runUntil(() => false, FAULTS_MS);
  nemesis.stop();
  const violations = await recover(world, workload);
  violations.push(...checkOneLeaderPerTerm(world.trace));
  const count = (event: string) => world.trace.filter((told) => told.event === event).length;
  const outcomes = (outcome: AppendOperation["outcome"]) =>
    workload.operations.filter((operation) => operation.outcome === outcome).length;
  return {
    seed,
    violations,
    acknowledged: outcomes("acknowledged"),
    unknown: outcomes("unknown"),
    elections: count("election.won"),
    truncations: count("log.truncated"),
    sealed: count("segment.sealed"),
    faults: nemesis.counts,
    simulatedMs: world.time.nowMs,
    trace: world.trace.map((event) => JSON.stringify(event)),
  };
}

/** Faults are over: a last append must get through, every node must have it, and all must agree. */
async function recover(world: World, workload: Workload): Promise<string[]> {
  const well = await world.runUntil(() => isWell(world), RECOVERY_MS);
  workload.stop();
  let last: AppendOperation | undefined;
  const caughtUp = () => {
    // A leader that has been overtaken may have taken it: then the next one is asked again.
    if (last === undefined || (last.settledMs !== undefined && last.outcome !== "acknowledged"))
      last = workload.appendNow("last");
    const { outcome, offset } = last ?? {};
    if (outcome !== "acknowledged") return false;
    return world.hosts.every(({ node }) => (node?.status().highWatermark ?? 0) > (offset ?? 0));
  };
  if (!well || !(await world.runUntil(caughtUp, RECOVERY_MS))) return [notWell(world)];
  const reading = Promise.all(world.hosts.map((host) => host.node && readLog(host.node)));
  let logs: Awaited<typeof reading> | undefined;
  reading.then(
    (read) => (logs = read),
    () => undefined,
  );
  await world.runUntil(() => logs !== undefined, RECOVERY_MS);
  const read = (logs ?? []).filter((log) => log !== undefined);
  const [first] = read;
  if (first === undefined || read.length < world.hosts.length) return ["a log could not be read"];
  return [
    ...checkAcknowledgedRecords(workload.operations, first),
    ...read.flatMap(checkDenseOffsets),
    ...checkEqualLogs(read),
    ...checkSealedSegments(world.hosts),
  ];
}

function isWell(world: World): boolean {
  return world.hosts.every((host) => host.node?.healthy === true);
}

function notWell(world: World): string {
  const states = world.hosts.map(({ nodeId, node, halted }) => {
    const raft = node?.status().raft;
    const state = raft && `${raft.role} of term ${raft.currentTerm}, commit ${raft.commitIndex}`;
    return `${nodeId}: ${halted?.message ?? state ?? node?.status().waiting ?? "not started"}`;
  });
  return `faults are over and the cluster does not recover (${states.join("; ")})`;
}
