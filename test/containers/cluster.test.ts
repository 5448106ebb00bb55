import { beforeAll, describe, expect, it } from "vitest";
import type { NodeId } from "../../src/common/brand.ts";
import { driverMs } from "../../src/cli/chaos/driver-clock.ts";
import type { RunHistory } from "../../src/cli/chaos/load/run-history.ts";
import { type ChaosResult, judgeUnderLoad } from "../../src/cli/chaos/run-chaos.ts";
import { connect, LogError } from "../../src/client/index.ts";
import type { Fault } from "../../src/sim/history.ts";
import { eventually } from "../support/cluster.ts";
import { ContainerCluster } from "./support/container-cluster.ts";
import { buildImage, engineAnswers } from "./support/engine.ts";

/** New acknowledgements after which the cluster counts as working. */
const PROGRESS = 100;

async function progress(history: RunHistory): Promise<void> {
  const before = history.acknowledged;
  await eventually(`${PROGRESS} more acknowledgements`, () =>
    history.acknowledged >= before + PROGRESS ? true : undefined,
  );
}

async function leaderOf(cluster: ContainerCluster): Promise<NodeId> {
  return eventually("a leader", () => cluster.leader());
}

async function anotherLeader(cluster: ContainerCluster, than: NodeId): Promise<NodeId> {
  return eventually(`a leader other than ${than}`, async () => {
    const leader = await cluster.leader();
    return leader === than ? undefined : leader;
  });
}

/** Breaks one node, sees that the others go on, mends it, sees that all go on. */
async function without(
  node: NodeId,
  cluster: ContainerCluster,
  blow: {
    readonly kind: string;
    readonly wasLeader: boolean;
    readonly begin: (node: NodeId) => Promise<void>;
    readonly end: (node: NodeId) => Promise<void>;
  },
  history: RunHistory,
): Promise<Fault> {
  const atMs = driverMs();
  await blow.begin(node);
  if (blow.wasLeader) await anotherLeader(cluster, node);
  await progress(history);
  await blow.end(node);
  const fault = { kind: blow.kind, atMs, untilMs: driverMs(), stopped: [node] };
  await progress(history);
  return fault;
}

/** First the leader, then a follower, under load; then every promise is checked. */
async function leaderThenFollower(
  cluster: ContainerCluster,
  kind: string,
  begin: (node: NodeId) => Promise<void>,
  end: (node: NodeId) => Promise<void>,
): Promise<ChaosResult> {
  return judged(cluster, async (history) => {
    await progress(history);
    const blow = { kind, begin, end };
    const leader = await leaderOf(cluster);
    const first = await without(leader, cluster, { ...blow, wasLeader: true }, history);
    await leaderOf(cluster);
    const follower = await cluster.follower();
    const second = await without(follower, cluster, { ...blow, wasLeader: false }, history);
    return [first, second];
  });
}

async function judged(
  cluster: ContainerCluster,
  breakIt: (history: RunHistory) => Promise<readonly Fault[]>,
): Promise<ChaosResult> {
  const { signal } = new AbortController();
  const result = await judgeUnderLoad({ cluster, seed: 1, signal, tell: () => {} }, breakIt);
  expect(result.verdict.violations).toEqual([]);
  return result;
}

/** What a client is told that tries once. */
async function refusal(cluster: ContainerCluster): Promise<LogError | undefined> {
  const endpoints = cluster.nodes.map(({ client }) => client);
  try {
    await using client = await connect({ endpoints, retry: false });
    await client.producer().append({ value: Buffer.from("is there room?") });
    return undefined;
  } catch (thrown) {
    return LogError.from(thrown);
  }
}

/** Leaves less room than a node wants for what it may still have to write. */
const FILL = `
  const fs = require("node:fs");
  const { bavail, bsize } = fs.statfsSync("/data");
  const megabytes = Math.floor((bavail * bsize) / 2 ** 20) - 40;
  const file = fs.openSync("/data/ballast", "w");
  for (let i = 0; i < megabytes; i++) fs.writeSync(file, Buffer.alloc(2 ** 20, 1));
`;
const MAKE_ROOM = `require("node:fs").unlinkSync("/data/ballast")`;

const engine = await engineAnswers();

describe("container tests", () => {
  it("have an engine to run on, or say that they are left out", () => {
    if (!engine) console.log("left out: no container engine answers (scripts/docker-engine.sh)");
    expect(engine || process.env["CI"] !== "true").toBe(true);
  });
});

describe.runIf(engine)("three containers on a network of their own", () => {
  beforeAll(buildImage);

  it("lose nothing when the leader, then a follower, are disconnected and come back", async () => {
    await using cluster = await ContainerCluster.start();
    await leaderThenFollower(
      cluster,
      "disconnect",
      (node) => cluster.disconnect(node),
      (node) => cluster.reconnect(node),
    );
  });

  it("lose nothing when the leader, then a follower, are killed and start again", async () => {
    await using cluster = await ContainerCluster.start();
    await leaderThenFollower(
      cluster,
      "kill",
      (node) => cluster.kill(node),
      (node) => cluster.start(node),
    );
  });

  it("lose nothing when the leader, then a follower, are frozen and go on", async () => {
    await using cluster = await ContainerCluster.start();
    await leaderThenFollower(
      cluster,
      "pause",
      (node) => cluster.pause(node),
      (node) => cluster.resume(node),
    );
  });

  it("are restarted one after the other under load", async () => {
    await using cluster = await ContainerCluster.start();
    const { record } = await judged(cluster, async (history) => {
      const faults: Fault[] = [];
      for (const { nodeId } of cluster.nodes) {
        await progress(history);
        const atMs = driverMs();
        await cluster.restart(nodeId);
        faults.push({ kind: "restart", atMs, untilMs: driverMs(), stopped: [nodeId] });
        await leaderOf(cluster);
      }
      await progress(history);
      return faults;
    });
    const starts = record.trace.filter(({ event }) => event === "node.started");
    expect(starts).toHaveLength(6);
  });

  it("refuse appends on a full disk, still elect, and go on when there is room again", async () => {
    await using cluster = await ContainerCluster.start({ tmpfs: "256m" });
    await judged(cluster, async (history) => {
      await progress(history);
      const leader = await leaderOf(cluster);
      const follower = await cluster.follower();
      const full = [leader, follower];
      const atMs = driverMs();
      for (const node of full) await cluster.execute(node, FILL);
      const refused = await eventually("a refusal", async () => {
        const error = await refusal(cluster);
        return error?.code === "STORAGE_FULL" ? error : undefined;
      });
      expect(refused).toMatchObject({ retryable: true, outcome: "failed" });

      await cluster.pause(leader);
      await anotherLeader(cluster, leader);
      await cluster.resume(leader);

      for (const node of full) await cluster.execute(node, MAKE_ROOM);
      await progress(history);
      return [{ kind: "full disk", atMs, untilMs: driverMs(), mayHalt: [], hinders: true }];
    });
  });
});
