import { describe, expect, it } from "vitest";
import { PeerGate } from "../../src/runtime/peer-gate.ts";

const VOTERS = ["n1", "n2", "n3"];
const CLUSTER = {
  clusterId: "c0ffee",
  voters: VOTERS.map((nodeId) => ({ nodeId, diskId: `disk-${nodeId}` })),
  formed: true,
};

function gate(): PeerGate {
  const current = { nodeId: "n1", diskId: "disk-n1", cluster: CLUSTER };
  return new PeerGate({ current, save: () => Promise.resolve() }, VOTERS, () => 3);
}

function peer(changes: Partial<ReturnType<PeerGate["ours"]>> = {}) {
  return { nodeId: "n2", diskId: "disk-n2", clusterId: "c0ffee", incarnation: 5, ...changes };
}

describe("the peer gate", () => {
  it("lets a member of the cluster speak", () => {
    expect(gate().refusal(peer())).toBeUndefined();
  });

  it.each([
    ["itself", peer({ nodeId: "n1" }), /two nodes call themselves n1/],
    ["a stranger", peer({ nodeId: "n9" }), /n9 is not a member/],
    ["another cluster's node", peer({ clusterId: "bad" }), /belongs to another cluster \(bad/],
    ["a node that has met nobody yet", peer({ clusterId: undefined }), /has not joined/],
  ])("refuses %s, and says why", (_who, identity, reason) => {
    expect(gate().refusal(identity)).toMatch(reason);
  });

  it("refuses everybody before it knows its own cluster", () => {
    const empty = new PeerGate(
      { current: { nodeId: "n1", diskId: "d", cluster: undefined }, save: () => Promise.resolve() },
      VOTERS,
      () => 1,
    );
    expect(empty.refusal(peer())).toBe("n1 has not joined a cluster yet");
  });

  it("refuses an incarnation older than one it has heard: that life is over", () => {
    const it = gate();
    expect(it.refusal(peer({ incarnation: 5 }))).toBeUndefined();
    expect(it.refusal(peer({ incarnation: 4 }))).toMatch(/incarnation 4 after 5/);
    expect(it.refusal(peer({ incarnation: 6 }))).toBeUndefined();
    // Another disk under the same name has a life of its own.
    expect(it.refusal(peer({ diskId: "a new disk", incarnation: 1 }))).toBeUndefined();
  });

  it("admits only the disk that its cluster knows, and tells changes once", () => {
    const it = gate();
    expect(it.admission(peer())).toBe(true);
    expect(it.admission(peer())).toBeUndefined();
    expect(it.admission(peer({ diskId: "a wiped disk" }))).toBe(false);
    expect([...it.admissions]).toEqual([["n2", false]]);
  });

  it("tells a refusal once and not at every retry", () => {
    const it = gate();
    expect(it.isNews(peer(), "because")).toBe(true);
    expect(it.isNews(peer(), "because")).toBe(false);
    expect(it.isNews(peer(), "for another reason")).toBe(true);
  });
});
