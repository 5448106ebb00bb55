import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { balsa } from "./run-balsa.ts";

const directory = mkdtempSync(join(tmpdir(), "balsa-sim-"));
const trace = join(directory, "t.ndjson");

function text({ stdout }: { readonly stdout: Buffer }): string {
  return stdout.toString();
}

describe("balsa sim", () => {
  it("lives through a world, writes its trace, and lives through it again", async () => {
    const run = await balsa(["sim", "run", "--seed", "4", "--duration", "3s", "--trace", trace]);
    expect(run.code).toBe(0);
    expect(text(run)).toContain("every promise that was looked at was kept");
    const replay = await balsa(["sim", "replay", trace, "--json"]);
    expect(replay.code).toBe(0);
    expect(JSON.parse(text(replay))).toMatchObject({ equal: true, violations: [] });
  });

  it("notices a trace in which the world went otherwise", async () => {
    const lines = readFileSync(trace, "utf8").split("\n");
    const forged = join(directory, "forged.ndjson");
    writeFileSync(forged, lines.with(40, '{"time":1,"world":"a lie"}').join("\n"));
    const { code, stderr } = await balsa(["sim", "replay", forged]);
    expect(code).toBe(1);
    expect(stderr).toContain("the world went otherwise from line 40 on");
  });

  it("searches on worker threads and ends with one line of JSON", async () => {
    const search = await balsa(["sim", "search", "--seeds", "10", "--duration", "2s", "--json"]);
    expect(search.code).toBe(0);
    const last = text(search).trimEnd().split("\n").at(-1) ?? "";
    const { seeds, violations, rareStates, ...rest } = JSON.parse(last) as Record<string, unknown>;
    expect({ seeds, violations }).toEqual({ seeds: 10, violations: 0 });
    expect(rareStates).toHaveProperty(["client.append.acknowledged"]);
    expect(rest).toHaveProperty("simulatedSeconds");
    expect(rest).toHaveProperty("cpuSeconds");
  });

  it("has nothing to shrink where nothing fails", async () => {
    const { code, stderr } = await balsa(["sim", "shrink", trace]);
    expect(code).toBe(1);
    expect(stderr).toContain("nothing to shrink");
  });

  it.each([
    ["sim run --faults kil", 3, 'no fault or mix is called "kil"'],
    ["sim run --skip 1-", 3, '"1-" is neither a number nor a range'],
    ["sim run --nodes 0", 3, "--nodes: 1 to 7"],
    ["sim replay package.json", 3, "not that of a trace"],
    ["sim replay nowhere.ndjson", 6, "no such file"],
    ["sim", 128, "say which: balsa sim <command>"],
  ])("%s ends with %i", async (line, code, answer) => {
    const finished = await balsa(line.split(" "));
    expect(finished.stderr).toContain(answer);
    expect(finished.code).toBe(code);
  });
});

describe("balsa trace", () => {
  it("prints what happened, of some nodes, of some kinds, of some time", async () => {
    const rows = async (...flags: readonly string[]) =>
      text(await balsa(["trace", trace, "-w", "ndjson", ...flags]))
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { node: string; event: string; time: number });
    const all = await rows();
    const some = await rows("--node", "n2", "--event", "log,node.started", "--to", "1s");
    expect(some).toEqual(
      all.filter(
        ({ node, event, time }) =>
          node === "n2" && (event?.startsWith("log.") || event === "node.started") && time <= 1000,
      ),
    );
    expect(some.length).toBeGreaterThan(0);
  });
});
