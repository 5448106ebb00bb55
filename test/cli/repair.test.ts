import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { balsa } from "./run-balsa.ts";
import { SingleNode } from "./single-node.ts";

const FIRST = "00000000000000000000";

let single: SingleNode;

beforeAll(async () => {
  single = await SingleNode.start("--segment-bytes", "4KiB");
  const input = Array.from({ length: 200 }, (_, at) => `${at}${"x".repeat(90)}\n`).join("");
  await single.balsa(["append", "-q", "--rate", "2000"], { input });
});

afterAll(() => single[Symbol.asyncDispose]());

/** A copy of the stopped node's directory. */
function copyOf(name: string): string {
  const copy = join(single.directory, name);
  cpSync(single.dataDirectory, copy, { recursive: true });
  return copy;
}

function flip(path: string, byte: number): void {
  const bytes = readFileSync(path);
  bytes[byte] = (bytes[byte] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

/** Every file and its bytes. */
function contents(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    files
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path, readFileSync(path).toString("base64")]),
  );
}

describe("repair", () => {
  it("refuses the directory of a running node", async () => {
    for (const flags of [[], ["--apply"]]) {
      const refused = await balsa(["repair", single.dataDirectory, ...flags]);
      expect(refused).toMatchObject({ code: 6 });
      expect(refused.stderr).toContain("is in use by process");
    }
    single.node.child.kill("SIGTERM");
    await single.node.finished;
  });

  it("has nothing to do where all is well", async () => {
    const { code, stdout } = await balsa(["repair", single.dataDirectory]);
    expect(code).toBe(0);
    expect(stdout.toString()).toBe(`${single.dataDirectory}: nothing to repair\n`);
  });

  it("says what it would do and changes nothing; with --apply it does it", async () => {
    const copy = copyOf("rows");
    flip(join(copy, "log", `${FIRST}.index`), 60);
    flip(join(copy, "hard-state.0"), 20);
    const before = contents(copy);
    const plan = await balsa(["repair", copy]);
    expect(plan).toMatchObject({ code: 8 });
    expect(plan.stdout.toString()).toContain(`${copy}: 2 to mend\n`);
    expect(plan.stderr).toContain(`repair ${copy} --apply`);
    expect(contents(copy)).toEqual(before);
    const done = await balsa(["repair", copy, "--apply"]);
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout.toString()).toContain(`${copy}: 2 mended\n`);
    expect(await balsa(["verify", copy])).toMatchObject({ code: 0 });
  });

  it("leaves to the other nodes what only they have", async () => {
    const copy = copyOf("frames");
    flip(join(copy, "log", `${FIRST}.log`), 90);
    const { code, stdout } = await balsa(["repair", copy, "--apply", "--json"]);
    expect(code).toBe(8);
    const report = JSON.parse(stdout.toString()) as { findings: { kind: string }[] };
    expect(report).toMatchObject({ applied: true, remaining: report.findings.length });
    expect(new Set(report.findings.map(({ kind }) => kind))).toEqual(new Set(["peers"]));
  });

  it("takes no other directory for one that has lost everything", async () => {
    const other = join(single.directory, "other");
    mkdirSync(other);
    const wrong = await balsa(["repair", other]);
    expect(wrong).toMatchObject({ code: 3 });
    expect(wrong.stderr).toContain("is no data directory");
    expect(readdirSync(other)).toEqual([]);
    expect(await balsa(["repair", join(other, "none")])).toMatchObject({ code: 6 });
  });
});
