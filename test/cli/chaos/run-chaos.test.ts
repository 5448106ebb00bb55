import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChaosCluster } from "../../../src/cli/chaos/chaos-cluster.ts";
import type { RunHistory } from "../../../src/cli/chaos/load/run-history.ts";
import { OwnCluster } from "../../../src/cli/chaos/own-cluster.ts";
import type { ChaosReport } from "../../../src/cli/chaos/report.ts";
import { judgeUnderLoad } from "../../../src/cli/chaos/run-chaos.ts";
import { eventually } from "../../support/cluster.ts";
import { balsa, RunningBalsa } from "../run-balsa.ts";
import { TemporaryCluster } from "../temporary-cluster.ts";

let scratch: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "balsa-chaos-test-"));
});

afterEach(() => rmSync(scratch, { recursive: true, force: true }));

/** Processes whose command line names the scratch directory. */
function processesOfScratch(): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(scratch);
    } catch {
      // It ended while the list was read.
      return false;
    }
  });
}

function reportIn(stdout: Buffer): ChaosReport {
  return JSON.parse(stdout.toString()) as ChaosReport;
}

describe("balsa chaos run", () => {
  it("breaks everything on nodes of its own, and every promise is kept", async () => {
    const words = ["chaos", "run", "everything", "--own", "--duration", "20s", "--json"];
    const { code, stdout, stderr } = await balsa(words, { env: { TMPDIR: scratch } });
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    const report = reportIn(stdout);
    expect(report).toMatchObject({ verdict: "kept", violations: [], kept: null });
    expect(report.acknowledged).toBeGreaterThan(0);
    expect(Object.keys(report.faults).length).toBeGreaterThan(1);
    expect(readdirSync(scratch)).toEqual([]);
    expect(processesOfScratch()).toEqual([]);
  });

  it("breaks the running cluster through its supervisor, and gives it back whole", async () => {
    await using cluster = await TemporaryCluster.create();
    await cluster.up();
    const words = ["chaos", "run", "pauses", "--duration", "5s", "--seed", "1", "--json"];
    const { code, stdout, stderr } = await balsa(words, { cwd: cluster.directory });
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(reportIn(stdout).faults).toHaveProperty("pause");
    const status = await balsa(["cluster", "status", "--json"], { cwd: cluster.directory });
    const nodes = JSON.parse(status.stdout.toString()) as { readonly state: string }[];
    expect(nodes.map(({ state }) => state)).toEqual(["running", "running", "running"]);
  });

  it("leaves nothing behind when it is interrupted", async () => {
    const words = ["chaos", "run", "pauses", "--own", "--duration", "10m"];
    const running = new RunningBalsa(words, { env: { TMPDIR: scratch } });
    await running.says("pause n");
    running.child.kill("SIGINT");
    const { code, stderr } = await running.finished;
    expect(code).toBe(130);
    expect(stderr).toContain("interrupted: not judged");
    expect(readdirSync(scratch)).toEqual([]);
    expect(processesOfScratch()).toEqual([]);
  });

  it("says what is missing where links and disks are out of reach", async () => {
    await using cluster = await TemporaryCluster.create();
    await cluster.up();
    const { code, stderr } = await balsa(["chaos", "run", "partitions"], {
      cwd: cluster.directory,
    });
    expect(code).toBe(3);
    expect(stderr).toContain("balsa chaos run partitions --own");
  });
});

describe("the verdict", () => {
  async function all(cluster: ChaosCluster, what: "kill" | "start"): Promise<void> {
    await Promise.all(cluster.nodes.map(({ nodeId }) => cluster[what](nodeId)));
  }

  async function acknowledged(history: RunHistory, more: number): Promise<void> {
    const before = history.acknowledged;
    await eventually(`${more} more acknowledgements`, () =>
      history.acknowledged >= before + more ? true : undefined,
    );
  }

  /** The planted fault: all three disks are set back, as no crash can, and forget. */
  it("is that records were lost when every disk is replaced by an older copy", async () => {
    const cluster = await OwnCluster.start(join(scratch, "run"), "64KiB");
    try {
      const { signal } = new AbortController();
      const options = { cluster, seed: 1, signal, tell: () => {} };
      const { verdict } = await judgeUnderLoad(options, async (history) => {
        await acknowledged(history, 50);
        await all(cluster, "kill");
        for (const [nodeId, data] of cluster.dataDirectories)
          cpSync(data, join(scratch, nodeId), { recursive: true });
        await all(cluster, "start");
        await acknowledged(history, 50);
        await all(cluster, "kill");
        for (const [nodeId, data] of cluster.dataDirectories) {
          rmSync(data, { recursive: true });
          cpSync(join(scratch, nodeId), data, { recursive: true });
        }
        await all(cluster, "start");
        return [];
      });
      const found = new Set(verdict.violations.map(({ check }) => check));
      expect([...found]).toContain("K1 lost");
    } finally {
      cluster.killNow();
    }
  });
});
