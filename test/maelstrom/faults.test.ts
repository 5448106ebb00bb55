import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { balsa } from "../cli/run-balsa.ts";
import { complaints } from "./complaints.ts";
import { KafkaLoad } from "./kafka-load.ts";
import { LinKvLoad } from "./lin-kv-load.ts";
import type { Load } from "./load.ts";
import { Workbench } from "./workbench.ts";

let workbench: Workbench | undefined;

afterEach(async () => {
  await workbench?.[Symbol.asyncDispose]();
  workbench = undefined;
});

/** Every node is cut off once and killed once, as many at a time as a majority can do without. */
async function trouble(bench: Workbench, loads: readonly Load[], answers: number): Promise<void> {
  const answered = () => Promise.all(loads.map((load) => load.answers(answers)));
  const few = Math.max(1, Math.floor((bench.nodeIds.length - 1) / 2));
  await answered();
  for (let at = 0; at < bench.nodeIds.length; at += few) {
    const minority = bench.nodeIds.slice(at, at + few);
    bench.isolate(...minority);
    await answered();
    bench.heal();
    await Promise.all(minority.map((nodeId) => bench.kill(nodeId)));
    if (bench.nodeIds.length > 1) await answered();
    await Promise.all(minority.map((nodeId) => bench.boot(nodeId)));
  }
  await answered();
}

/** All nodes end well, and what they leave on their disks is whole. */
async function expectCleanEnd(bench: Workbench): Promise<void> {
  const finished = await bench.end();
  expect(finished.map(({ code }) => code)).toEqual(bench.nodeIds.map(() => 0));
  expect(bench.misbehaviour).toEqual([]);
  for (const nodeId of bench.nodeIds) {
    const verified = await balsa(["verify", join(bench.directory, nodeId)]);
    expect(verified.code, verified.stdout.toString() + verified.stderr).toBe(0);
  }
}

const SIZES = [
  { nodes: 1, delayMsMax: 0, clients: 3, answers: 40 },
  { nodes: 3, delayMsMax: 8, clients: 8, answers: 10 },
  { nodes: 5, delayMsMax: 4, clients: 8, answers: 10 },
] as const;

describe.each(SIZES)("$nodes nodes", ({ nodes, delayMsMax, clients, answers }) => {
  const nodeIds = Array.from({ length: nodes }, (_, at) => `n${at + 1}`);

  it("keep lin-kv linearizable and kafka's logs whole, on one log, whatever breaks", async () => {
    const bench = (workbench = await Workbench.start(nodeIds, { seed: nodes, delayMsMax }));
    const registers = new LinKvLoad(bench, nodes, "c1");
    const logs = new KafkaLoad(bench, nodes + 1, "c2");
    const loads = [registers, logs];
    for (const load of loads) load.start(clients);
    await trouble(bench, loads, answers);
    await Promise.all(loads.map((load) => load.stop()));
    expect(await complaints(registers, logs)).toEqual([]);
    expect([...registers.histories.values()].flat().length).toBeGreaterThan(answers * nodes);
    for (const { appends, reads } of Object.values(logs.histories)) {
      expect(appends.filter(({ outcome }) => outcome === "acknowledged")).not.toEqual([]);
      expect(reads).not.toEqual([]);
    }
    await expectCleanEnd(bench);
  });
});
