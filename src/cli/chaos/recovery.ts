import { setTimeout as sleep } from "node:timers/promises";
import { codecs, connect, LogError } from "../../client/index.ts";
import type { Recovery } from "../../sim/history.ts";
import { callStatus } from "../log-calls.ts";
import type { ChaosCluster } from "./chaos-cluster.ts";
import { driverMs } from "./driver-clock.ts";
import type { RunHistory } from "./load/run-history.ts";

/** Within this everything must be well again. */
const LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 100;
const CALL_TIMEOUT_MS = 2000;

/**
 * Every process runs again; waits for a leader and an acknowledgement, lets the clients finish, and
 * waits for equal logs.
 */
export async function recover(
  cluster: ChaosCluster,
  history: RunHistory,
  world: { readonly signal: AbortSignal; readonly finishClients: () => Promise<void> },
): Promise<Recovery> {
  for (const { nodeId } of cluster.nodes) await cluster.start(nodeId);
  const healedMs = driverMs();
  const within = async (isThere: () => Promise<boolean>): Promise<number | undefined> => {
    const deadlineMs = driverMs() + LIMIT_MS;
    while (driverMs() < deadlineMs && !world.signal.aborted) {
      if (await isThere()) return driverMs();
      await sleep(LOOK_EVERY_MS);
    }
    return undefined;
  };
  const leaderMs = await within(async () => (await cluster.leader()) !== undefined);
  const acknowledgedMs = await within(() => appendOne(cluster, history));
  await world.finishClients();
  const quietMs = driverMs();
  const cameMs = await within(() => allEqual(cluster));
  // Clients that finish take their own time: that of the nodes begins when all is quiet.
  const equalMs = cameMs === undefined ? undefined : healedMs + (cameMs - quietMs);
  const states = equalMs === undefined ? await statesOf(cluster) : undefined;
  return { healedMs, limitMs: LIMIT_MS, leaderMs, acknowledgedMs, equalMs, states };
}

let last = 0;

async function appendOne({ nodes }: ChaosCluster, history: RunHistory): Promise<boolean> {
  const endpoints = nodes.map(({ client }) => client);
  const operation = history.begin("last", ++last, 1);
  try {
    await using client = await connect({ endpoints, retry: { maxElapsedMs: CALL_TIMEOUT_MS } });
    const [value = ""] = operation.values;
    const { offset } = await client.producer({ codec: codecs.text }).append({ value });
    history.acknowledge(operation, offset);
    return true;
  } catch (thrown) {
    const error = LogError.from(thrown);
    operation.outcome = error.outcome;
    operation.settledMs = driverMs();
    return false;
  }
}

/** All nodes have committed and applied the same. */
async function allEqual({ nodes }: ChaosCluster): Promise<boolean> {
  try {
    const all = await Promise.all(nodes.map(({ nodeId, client }) => ownStatus(nodeId, client)));
    const [first] = all;
    return all.every(
      (status) =>
        status !== undefined &&
        status.highWatermark === first?.highWatermark &&
        status.commitIndex === first.commitIndex &&
        status.lastIndex === status.commitIndex,
    );
  } catch {
    // One of them is not there yet.
    return false;
  }
}

/** What a node says of itself. @throws LogError */
export async function ownStatus(nodeId: string, address: string) {
  const all = await callStatus(address, CALL_TIMEOUT_MS);
  return all.find((status) => status.nodeId === nodeId);
}

async function statesOf({ nodes }: ChaosCluster): Promise<string> {
  const told = nodes.map(async ({ nodeId, client }) => {
    const status = await ownStatus(nodeId, client).catch(() => undefined);
    if (status === undefined) return `${nodeId} does not answer`;
    const { role, term, commitIndex, lastIndex } = status;
    return `${nodeId} ${role} of term ${term}, committed ${commitIndex} of ${lastIndex}`;
  });
  return (await Promise.all(told)).join("; ");
}
