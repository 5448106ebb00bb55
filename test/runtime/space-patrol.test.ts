import { describe, expect, it } from "vitest";
import type { RaftEvent } from "../../src/raft/index.ts";
import { SpacePatrol, type SpacePatrolPorts } from "../../src/runtime/space-patrol.ts";
import { Tracer } from "../../src/runtime/tracer.ts";
import { turns } from "../support/until.ts";

function patrol() {
  const told: string[] = [];
  const posted: RaftEvent[] = [];
  const disk = { low: false, freeBytes: 100 };
  let looks = 0;
  let next: (() => void) | undefined;
  const clock = { nowMs: () => 0, wallMs: () => 0 };
  const ports = {
    space: { check: () => Promise.resolve({ ...disk, looks: ++looks }) },
    loop: { post: (event: RaftEvent) => posted.push(event) },
    scheduler: {
      after: (_ms: number, run: () => void) => ((next = run), () => (next = undefined)),
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
  return { patrol: it, disk, told, posted, look, looks: () => looks };
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
