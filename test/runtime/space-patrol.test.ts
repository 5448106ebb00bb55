import { describe, expect, it } from "vitest";
import type { RaftEvent } from "../../src/raft/index.ts";
import { SpacePatrol, type SpacePatrolPorts } from "../../src/runtime/space-patrol.ts";
import { Tracer } from "../../src/runtime/tracer.ts";
import { turns } from "../support/until.ts";

function patrol() {
  const told: string[] = [];
  const posted: RaftEvent[] = [];
  const pauses: number[] = [];
  const disk = { low: false, freeBytes: 100 };
  let looks = 0;
  let next: (() => void) | undefined;
  const clock = { nowMs: () => 0, wallMs: () => 0 };
  const ports = {
    space: { check: () => Promise.resolve({ ...disk, looks: ++looks }) },
    lowBytes: 10,
    loop: { post: (event: RaftEvent) => posted.push(event) },
    scheduler: {
      after: (ms: number, run: () => void) => {
        pauses.push(ms);
        next = run;
        return () => (next = undefined);
      },
    },
    tracer: new Tracer("n1", clock, ({ event }) => told.push(event), false),
    fail: (thrown: unknown) => {
      throw thrown;
    },
  };
  const it = new SpacePatrol(ports as unknown as SpacePatrolPorts);
  const look = async () => {
    next?.();
    await turns(2);
  };
  return { patrol: it, disk, told, posted, pauses, look, looks: () => looks };
}

describe("the space patrol", () => {
  it("tells the core when the disk gets low, and when it has recovered, once each", async () => {
    const { patrol: it, disk, told, posted, look } = patrol();
    it.start();
    await look();
    disk.low = true;
    await look();
    await look();
    disk.low = false;
    await look();
    expect(told).toEqual(["disk.low", "disk.recovered"]);
    expect(posted).toEqual([
      { type: "diskSpaceChanged", low: true },
      { type: "diskSpaceChanged", low: false },
    ]);
  });

  // Seed 50063: what a node was sent to catch up filled its disk between two looks.
  it("looks often where little is left, so that nobody fills it up unseen", async () => {
    const { patrol: it, disk, pauses, look } = patrol();
    it.start();
    await look();
    disk.freeBytes = 79;
    await look();
    Object.assign(disk, { low: true, freeBytes: 9 });
    await look();
    expect(pauses.slice(-3)).toEqual([1000, 50, 1000]);
  });

  it("looks no more once it was stopped", async () => {
    const { patrol: it, look, looks } = patrol();
    it.start();
    await look();
    it.stop();
    const before = looks();
    await look();
    expect(looks()).toBe(before);
  });
});
