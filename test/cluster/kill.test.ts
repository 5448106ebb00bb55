import { describe, expect, it } from "vitest";
import { eventually, TestCluster } from "../support/cluster.ts";
import { AppendingClients } from "../support/cluster-clients.ts";
import { contradictions, type Copy } from "../support/cluster-history.ts";
import { sealedHashes, segmentDifferences } from "../support/cluster-segments.ts";

const CLIENTS = 4;
const LEADER_KILLS = 5;
/** New acknowledgements to see before the next blow: the cluster works again. */
const PROGRESS = 300;

async function progress(clients: AppendingClients): Promise<void> {
  const before = clients.acknowledged;
  await eventually(`${PROGRESS} more acknowledgements`, () =>
    clients.acknowledged >= before + PROGRESS ? true : undefined,
  );
}

async function killTheLeader(cluster: TestCluster, clients: AppendingClients): Promise<void> {
  const leader = await cluster.leader();
  await cluster.killHard(leader);
  await progress(clients);
  cluster.start(leader);
  await progress(clients);
}

async function cutThePower(cluster: TestCluster, clients: AppendingClients): Promise<void> {
  await Promise.all(cluster.nodeIds.map((id) => cluster.killHard(id)));
  for (const id of cluster.nodeIds) cluster.start(id);
  await progress(clients);
}

async function copiesOf(cluster: TestCluster): Promise<readonly Copy[]> {
  const copies: Copy[] = [];
  for (const id of cluster.nodeIds) copies.push(await cluster.copyOf(id));
  return copies;
}

describe("three processes whose leader is killed again and again", () => {
  it("keep every acknowledged record, once, at its offset, on all three", async () => {
    await using cluster = await TestCluster.start("64KiB");
    const clients = await AppendingClients.start(CLIENTS, cluster.endpoints);
    await progress(clients);
    for (let kill = 0; kill < LEADER_KILLS; kill++) await killTheLeader(cluster, clients);
    await cutThePower(cluster, clients);
    await clients.stop();
    await cluster.settled();

    const copies = await copiesOf(cluster);
    expect(contradictions({ appends: clients.appends, copies })).toEqual([]);

    await cluster.stop();
    await cluster.verify();
    const hashes = new Map(
      [...cluster.dataDirectories].map(([id, directory]) => [id, sealedHashes(directory)]),
    );
    expect(segmentDifferences(hashes)).toEqual([]);
    expect(hashes.get("n1")?.size).toBeGreaterThan(3);
  });
});
