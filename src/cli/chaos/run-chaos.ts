import { setTimeout as sleep } from "node:timers/promises";
import type { NodeId } from "../../common/brand.ts";
import { judge, type Verdict, type Violation } from "../../sim/checkers/index.ts";
import type { Fault, ReadLog, RunRecord, SealedFile } from "../../sim/history.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import type { ChaosCluster } from "./chaos-cluster.ts";
import { driverMs } from "./driver-clock.ts";
import type { NodeCalls } from "./load/node-calls.ts";
import { Population } from "./load/population.ts";
import { RunHistory } from "./load/run-history.ts";
import { Nemesis } from "./nemesis.ts";
import { foreignAppends, readLogOf, sealedFilesOf } from "./read-back.ts";
import { ownStatus, recover } from "./recovery.ts";
import type { Scenario } from "./scenario.ts";

/** The cluster may take this long to have its first leader. */
const FIRST_LEADER_MS = 60_000;
const LOOK_EVERY_MS = 50;

export interface LoadOptions {
  readonly cluster: ChaosCluster;
  readonly seed: number;
  /** Where the data can be read from here; absent: sealed segments are not compared. */
  readonly dataDirectories?: readonly (readonly [NodeId, string])[] | undefined;
  /** Aborted: everything is healed, nothing is judged, and the run ends with its reason. */
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

export interface ChaosOptions extends LoadOptions {
  readonly scenario: Scenario;
  readonly durationMs: number;
}

export interface ChaosResult {
  readonly record: RunRecord;
  readonly verdict: Verdict;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** Breaks the cluster as the scenario says, for as long as the run lasts, and judges what came. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { signal, durationMs } = options;
  const over = new AbortController();
  const end = () => over.abort();
  signal.addEventListener("abort", end);
  const nemesis = new Nemesis({ ...options, signal: over.signal });
  try {
    return await judgeUnderLoad(options, async () => {
      setTimeout(end, durationMs).unref();
      await nemesis.run();
      return nemesis.faults;
    });
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/**
 * Clients work while `breakIt` breaks the cluster and says what it broke; then everything is
 * healed and read back, and what was told is held against it by the simulator's own checkers.
 */
export async function judgeUnderLoad(
  options: LoadOptions,
  breakIt: (history: RunHistory) => Promise<readonly Fault[]>,
): Promise<ChaosResult> {
  const { cluster, seed, signal, tell } = options;
  const history = new RunHistory();
  await firstLeader(cluster, signal);
  const population = new Population(cluster.nodes, history, seed, await endOfLog(cluster));
  try {
    const startedMs = driverMs();
    population.start();
    const faults = await breakIt(history).finally(tellProgress(history, tell));
    const endedMs = driverMs();
    signal.throwIfAborted();
    tell("faults are over; the cluster recovers");
    const finishClients = () => population.stop();
    const recovery = await recover(cluster, history, { signal, finishClients });
    signal.throwIfAborted();
    tell("reading everything back");
    const logs = await readLogs(cluster, population.calls);
    const record: RunRecord = {
      nodes: cluster.nodes.map(({ nodeId }) => nodeId),
      appends: [...history.appends, ...foreignAppends(logs, history)],
      reads: history.reads,
      logs,
      sealed: await sealedFiles(options),
      trace: await cluster.trace(),
      faults,
      recovery,
      expected: { acknowledged: 1, reads: 1 },
    };
    tell(`judging ${record.appends.length} appends and ${record.reads.length} reads`);
    const { violations, skipped } = judge(record);
    const verdict = { violations: [...violations, ...strangeEnds(cluster, record)], skipped };
    return { record, verdict, startedMs, endedMs };
  } finally {
    population.close();
  }
}

async function firstLeader(cluster: ChaosCluster, signal: AbortSignal): Promise<void> {
  const deadlineMs = driverMs() + FIRST_LEADER_MS;
  while ((await cluster.leader()) === undefined) {
    signal.throwIfAborted();
    const ends = cluster.unaskedEnds().map(({ nodeId, how }) => `${nodeId} ended: ${how}`);
    if (driverMs() > deadlineMs || ends.length === cluster.nodes.length)
      throw new Failure(
        EXIT.noQuorum,
        "NO_QUORUM",
        ["no node leads: there is nothing to break", ...ends].join("; "),
      );
    await sleep(LOOK_EVERY_MS);
  }
}

async function endOfLog({ nodes }: ChaosCluster): Promise<number> {
  const [node] = nodes;
  if (node === undefined) return 0;
  const status = await ownStatus(node.nodeId, node.client);
  return status?.highWatermark ?? 0;
}

function tellProgress(history: RunHistory, tell: (line: string) => void): () => void {
  const timer = setInterval(() => tell(`${history.acknowledged} acknowledged`), 10_000);
  return () => clearInterval(timer);
}

/** A node that cannot be read is missing from the record, and its checks say so. */
async function readLogs({ nodes }: ChaosCluster, calls: NodeCalls): Promise<ReadLog[]> {
  const logs: ReadLog[] = [];
  for (const node of nodes) {
    const log = await readLogOf(node, calls).catch(() => undefined);
    if (log !== undefined) logs.push(log);
  }
  return logs;
}

async function sealedFiles({ cluster, dataDirectories }: LoadOptions): Promise<SealedFile[]> {
  const files: SealedFile[] = [];
  for (const [nodeId, directory] of dataDirectories ?? []) {
    const address = cluster.nodes.find((node) => node.nodeId === nodeId)?.client ?? "";
    const status = await ownStatus(nodeId, address).catch(() => undefined);
    const segments = status?.segments.filter(({ state }) => state === "sealed") ?? [];
    const names = new Set(segments.map(({ file }) => file));
    files.push(...sealedFilesOf(nodeId, directory, names));
  }
  return files;
}

/** Processes may end because of their disk, and for no other reason. */
function strangeEnds(cluster: ChaosCluster, { faults = [] }: RunRecord): readonly Violation[] {
  const allowed = ({ nodeId, atMs }: { readonly nodeId: NodeId; readonly atMs: number }) =>
    faults.some(
      (fault) =>
        fault.mayHalt?.includes(nodeId) === true &&
        fault.atMs <= atMs &&
        atMs <= (fault.untilMs ?? Infinity) + 1000,
    );
  return cluster
    .unaskedEnds()
    .filter((end) => !allowed(end))
    .map(({ nodeId, atMs, how }) => ({
      check: "process alive",
      message: `${nodeId} ended although nobody asked it to: ${how}`,
      ...{ nodes: [nodeId], timeMs: atMs },
    }));
}
