import { createServer } from "node:net";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { until } from "./run-balsa.ts";
import { TemporaryCluster } from "./temporary-cluster.ts";

async function appends(cluster: TemporaryCluster, value: string): Promise<void> {
  const { code, stderr } = await cluster.balsa(["append", value]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
}

describe("a local cluster in the foreground", () => {
  it("tells who leads and what to paste; Ctrl-C leaves nothing but data/", async () => {
    await using cluster = await TemporaryCluster.create();
    const supervisor = await cluster.up();
    expect(supervisor.output).toMatch(/leader {5}n[123]/);
    expect(supervisor.output).toContain('npx --no balsa append "hello, raft"');
    await appends(cluster, "a");
    supervisor.child.kill("SIGINT");
    const { code } = await supervisor.finished;
    expect(code).toBe(130);
    expect(cluster.survivors()).toEqual([]);
    expect(readdirSync(cluster.directory).sort()).toEqual(["Procfile", "cluster", "data"]);
    expect(readdirSync(cluster.path("data")).sort()).toEqual(["n1", "n2", "n3"]);
    expect(existsSync(cluster.path("data", "n1", "node.ndjson"))).toBe(true);
  });

  it("stops a paused node too", async () => {
    await using cluster = await TemporaryCluster.create();
    const supervisor = await cluster.up();
    await cluster.balsa(["cluster", "pause", "n2"]);
    expect(cluster.file().nodes[1]).toMatchObject({ name: "n2", state: "paused" });
    supervisor.child.kill("SIGINT");
    await supervisor.finished;
    expect(cluster.survivors()).toEqual([]);
  });

  it("survives its leader; a killed node stays down until restart", async () => {
    await using cluster = await TemporaryCluster.create();
    const supervisor = await cluster.up();
    await appends(cluster, "before");
    const killed = await cluster.balsa(["cluster", "kill", "leader"]);
    const [, name = ""] = /^(n\d) got SIGKILL and stays down/.exec(killed.stdout.toString()) ?? [];
    expect(name).not.toBe("");
    await supervisor.says(`cluster restart ${name}`);
    await appends(cluster, "between");
    expect(cluster.file().nodes.find((node) => node.name === name)).toMatchObject({
      ...{ state: "down", reason: "killed by SIGKILL" },
    });
    const restarted = await cluster.balsa(["cluster", "restart"]);
    expect(restarted.stdout.toString()).toBe(`${name} is started again\n`);
    expect((await cluster.balsa(["wait", "--for", "healthy"])).code).toBe(0);
    const copy = ["tail", "-o", "start", "-e", "--from-node", name];
    await until("the restarted node has both records", async () => {
      const { stdout } = await cluster.balsa(copy);
      return stdout.toString() === "before\nbetween\n";
    });
  });

  it("without a majority says so, with exit code 7", async () => {
    await using cluster = await TemporaryCluster.create();
    await cluster.up();
    await cluster.balsa(["cluster", "kill", "n1", "n2"]);
    // The survivor may be the leader, which goes on saying so until its quorum check ends.
    let status = await cluster.balsa(["status", "--timeout", "2s"]);
    await until("the survivor leads no more", async () => {
      status = await cluster.balsa(["status", "--timeout", "2s"]);
      return status.code !== 0;
    });
    expect(status).toMatchObject({ code: 7 });
    expect(status.stdout.toString()).toMatch(/n1 +✕ down/);
    expect(status.stderr).toContain("balsa: no node leads");
    const append = await cluster.balsa(["append", "x", "--timeout", "1s"]);
    expect(append.code).toBe(7);
    expect(append.stderr).toContain("1 sent and not acknowledged");
    const wait = await cluster.balsa(["wait", "--timeout", "500ms"]);
    expect(wait.code).toBe(124);
  });

  it("refuses a second one, a wipe, and a stranger's name, in one line each", async () => {
    await using cluster = await TemporaryCluster.create();
    await cluster.up();
    const second = await cluster.balsa(["cluster", "up"]);
    expect(second).toMatchObject({ code: 6 });
    expect(second.stderr).toContain("balsa: a cluster runs here already");
    const wipe = await cluster.balsa(["cluster", "wipe", "--yes"]);
    expect(wipe).toMatchObject({ code: 6 });
    expect(wipe.stderr).toContain("balsa: the cluster is running: stop it first");
    const stranger = await cluster.balsa(["cluster", "kill", "n9"]);
    expect(stranger).toMatchObject({ code: 3 });
    expect(stranger.stderr).toContain('balsa: there is no node "n9"');
    const node = await cluster.balsa(["start", "--config", "cluster/n3.yaml"]);
    expect(node).toMatchObject({ code: 6 });
  });

  it("names a port that is taken before it starts anything", async () => {
    await using cluster = await TemporaryCluster.create();
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(cluster.ports[4], "127.0.0.1", done));
    const { code, stderr } = await cluster.balsa(["cluster", "up"]);
    await new Promise((done) => taken.close(done));
    expect(code).toBe(6);
    expect(stderr).toContain(`127.0.0.1:${cluster.ports[4]} (listen.client of n2) cannot be used`);
    expect(existsSync(cluster.path("data"))).toBe(false);
  });
});

describe("a local cluster behind the terminal", () => {
  it("comes up, answers from anywhere, goes down and can be wiped", async () => {
    await using cluster = await TemporaryCluster.create();
    const up = await cluster.balsa(["cluster", "up", "--detach", "--json"]);
    expect(up).toMatchObject({ code: 0 });
    expect(JSON.parse(up.stdout.toString())).toMatchObject({ leader: /./ });
    cluster.file();
    await appends(cluster, "a");
    const status = await cluster.balsa(["cluster", "status", "--json"]);
    const rows = JSON.parse(status.stdout.toString()) as { name: string; state: string }[];
    expect(rows.map(({ name, state }) => `${name} ${state}`)).toEqual([
      ...["n1 running", "n2 running", "n3 running"],
    ]);
    const logs = await cluster.balsa(["cluster", "logs", "n1", "-n", "500"]);
    expect(logs.stdout.toString()).toMatch(/^\d\d:\d\d:\d\d n1 started/);
    expect(await cluster.balsa(["cluster", "down"])).toMatchObject({ code: 0 });
    expect(cluster.survivors()).toEqual([]);
    expect(cluster.hasFile).toBe(false);
    expect(await cluster.balsa(["cluster", "wipe"])).toMatchObject({ code: 3 });
    expect(existsSync(cluster.path("data", "n1"))).toBe(true);
    expect(await cluster.balsa(["cluster", "wipe", "--yes"])).toMatchObject({ code: 0 });
    expect(readdirSync(cluster.path("data"))).toEqual([]);
  });

  it("tells why it did not come up, with the node's own exit code", async () => {
    await using cluster = await TemporaryCluster.create();
    for (const id of ["n1", "n2", "n3"]) {
      mkdirSync(cluster.path("data", id), { recursive: true });
      writeFileSync(cluster.path("data", id, "holiday.jpg"), "");
    }
    for (const words of [
      ["cluster", "up", "--detach"],
      ["cluster", "up"],
    ]) {
      const { code, stdout, stderr } = await cluster.balsa(words);
      expect(code).toBe(3);
      expect(stdout.toString() + stderr).toContain("holiday.jpg is not Balsa's");
    }
    expect(cluster.hasFile).toBe(false);
    const wipe = await cluster.balsa(["cluster", "wipe", "--yes"]);
    expect(wipe).toMatchObject({ code: 6 });
    expect(existsSync(cluster.path("data", "n1", "holiday.jpg"))).toBe(true);
  });
});

describe("after the supervisor was killed", () => {
  it("the nodes end by themselves; a paused one is woken by the next `up`", async () => {
    await using cluster = await TemporaryCluster.create();
    const supervisor = await cluster.up();
    await cluster.balsa(["cluster", "pause", "n3"]);
    const { nodes } = cluster.file();
    supervisor.child.kill("SIGKILL");
    await supervisor.finished;
    await until("only the paused node is left", () => cluster.survivors().length === 1);
    expect(cluster.survivors()).toEqual([nodes[2]?.process?.pid]);
    expect(await cluster.balsa(["cluster", "status"])).toMatchObject({ code: 2 });
    const next = await cluster.up();
    expect(next.output).toContain("was killed; tidying up");
    await appends(cluster, "again");
  });

  it("`down` tidies up what it left", async () => {
    await using cluster = await TemporaryCluster.create();
    const supervisor = await cluster.up();
    await cluster.balsa(["cluster", "pause", "n1"]);
    cluster.file();
    supervisor.child.kill("SIGKILL");
    await supervisor.finished;
    expect(await cluster.balsa(["cluster", "down"])).toMatchObject({ code: 0 });
    expect(cluster.survivors()).toEqual([]);
    expect(cluster.hasFile).toBe(false);
  });
});
