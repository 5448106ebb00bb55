import { describe, expect, it } from "vitest";
import { LogIndex, Offset } from "../../src/common/brand.ts";
import { addMemberGauges, type MemberView } from "../../src/runtime/member-metrics.ts";
import { NodeMetrics } from "../../src/runtime/metrics.ts";
import { valuesOf } from "../support/metric-values.ts";

/** Entries 11..20, ten records each; the first five of them are sealed. */
function log() {
  const segment = (state: "sealed" | "active", firstIndex: number, lastIndex: number) => ({
    ...{ state, firstIndex, lastIndex },
    ...{ baseOffset: firstIndex * 10 - 10, nextOffset: lastIndex * 10 },
  });
  const segments = [segment("sealed", 11, 15), segment("active", 16, 20)];
  return {
    tail: { last: { index: 20, term: 1 }, nextOffset: 200 },
    segments: () => segments,
    offsetAfter: (index: number) =>
      index >= 16 ? Offset(index * 10) : Promise.reject(new Error("asks the disk")),
  } as unknown as MemberView["log"];
}

function gauges(view: Partial<MemberView> | undefined) {
  const metrics = new NodeMetrics();
  const all = { log: log(), peers: [], pendingProposals: 0, freeBytes: undefined };
  const counts = { committed: 0, applied: 0 };
  addMemberGauges(metrics, () => view && { ...all, ...counts, ...view });
  return valuesOf(metrics);
}

describe("the gauges of a member", () => {
  it("are not there before it takes part", () => {
    expect(gauges(undefined)).toEqual({});
  });

  it("tell what waits, what was decided and how much room is left", () => {
    const decided = { committed: 7, applied: 6, pendingProposals: 3, freeBytes: 1e9 };
    expect(gauges(decided)).toEqual({
      balsa_proposals_pending: 3,
      balsa_proposals_committed_total: 7,
      balsa_proposals_applied_total: 6,
      balsa_disk_free_bytes: 1e9,
    });
    expect(gauges({})).not.toHaveProperty("balsa_disk_free_bytes");
  });

  it.each([
    ["has all", 20, 200, 0],
    ["lacks what is recent", 18, 180, 20],
    ["has all of what is sealed", 15, 150, 50],
    ["lacks part of a sealed segment: it counts from its start", 13, 100, 100],
    ["lacks more than the log holds: all of it", 4, 100, 100],
    ["has told nothing yet", 0, 100, 100],
  ])("tell in records that a follower %s, without a look at the disk", (_, match, offset, lag) => {
    const told = gauges({ peers: [{ peer: "n2", matchIndex: LogIndex(match) }] });
    expect(told["balsa_peer_match_offset{peer=n2}"]).toBe(offset);
    expect(told["balsa_peer_lag_records{peer=n2}"]).toBe(lag);
  });
});
