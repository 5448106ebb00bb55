import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/common/random.ts";
import { decide } from "../../src/runtime/first-meeting.ts";
import type { ClusterIdentity, Identity } from "../../src/storage/types.ts";
import type { Meeting } from "../../src/transport/types.ts";

const VOTERS = ["n1", "n2", "n3"];
const CLUSTER: ClusterIdentity = {
  clusterId: "c0ffee",
  voters: VOTERS.map((nodeId) => ({ nodeId, diskId: `disk-${nodeId}` })),
  formed: false,
};

function node(nodeId: string, cluster?: ClusterIdentity, diskId = `disk-${nodeId}`): Identity {
  return { nodeId, diskId, cluster };
}

function reply({ nodeId, diskId, cluster }: Identity): Meeting {
  return {
    identity: { nodeId, diskId, clusterId: cluster?.clusterId, incarnation: 1 },
    voters: cluster?.voters ?? [],
    formed: cluster?.formed ?? false,
  };
}

const decideFor = (ours: Identity, others: readonly Identity[], voters = VOTERS) =>
  decide(voters, ours, others.map(reply), seededRandom(1));

describe("the first meeting of empty nodes", () => {
  it("founds a cluster when every voter is there and empty, at the one with the first name", () => {
    const founded = decideFor(node("n1"), [node("n2"), node("n3")]);
    expect(founded).toMatchObject({ voters: CLUSTER.voters, formed: false });
    expect(decideFor(node("n2"), [node("n1"), node("n3")])).toMatch(/waiting for n1 to found/);
  });

  it("waits for a voter that is not there: it may know a cluster", () => {
    expect(decideFor(node("n1"), [node("n3")])).toBe("waiting to meet n2 for the first time");
  });

  it("takes over the cluster that a voter belongs to", () => {
    expect(decideFor(node("n2"), [node("n1", CLUSTER)])).toEqual(CLUSTER);
  });

  it("begins elections only once every voter was seen with the cluster", () => {
    const n1 = node("n1", CLUSTER);
    expect(decideFor(n1, [node("n2", CLUSTER), node("n3")])).toMatch(/waiting for 1 more/);
    const formed = { ...CLUSTER, formed: true };
    expect(decideFor(n1, [node("n2", CLUSTER), node("n3", CLUSTER)])).toEqual(formed);
  });

  it("believes a voter that has seen everyone", () => {
    const formed = { ...CLUSTER, formed: true };
    expect(decideFor(node("n1", CLUSTER), [node("n3", formed)])).toEqual(formed);
  });

  it("lets a lone voter found its cluster at once", () => {
    expect(decideFor(node("n1"), [], ["n1"])).toMatchObject({ formed: true });
  });

  it("never founds a second cluster with a wiped disk: the others know an older one", () => {
    const formed = { ...CLUSTER, formed: true };
    const wiped = node("n1", undefined, "a new disk");
    // It joins, but its disk is not among the voters: it will not vote.
    expect(decideFor(wiped, [node("n2", formed), node("n3", formed)])).toEqual(formed);
  });

  it("stops with both lists when configuration and cluster name different voters", () => {
    const meet = () => decideFor(node("n4"), [node("n1", CLUSTER)], ["n1", "n4", "n5"]);
    expect(meet).toThrow(/cluster of n1, n2, n3, but this node is configured with n1, n4, n5/);
  });

  it("does not count members of another cluster", () => {
    const other = { ...CLUSTER, clusterId: "another" };
    const n1 = node("n1", CLUSTER);
    expect(decideFor(n1, [node("n2", other), node("n3", other)])).toMatch(/waiting for 2 more/);
  });
});
