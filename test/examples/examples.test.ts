import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codecs, connect } from "../../src/index.ts";
import { TestCluster } from "../support/cluster.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The examples as a reader has them: compiled against the built package, run as processes. */
describe("The examples", () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    await run("node_modules/.bin/tsc", ["-p", "docs/examples"], { cwd: ROOT });
    cluster = await TestCluster.start("1MiB");
  });

  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  async function example(name: string): Promise<string> {
    const env = { ...process.env, BALSA_ENDPOINTS: cluster.endpoints.join(",") };
    const options = { cwd: ROOT, env, maxBuffer: 64 << 20 };
    const { stdout, stderr } = await run(process.execPath, [`dist/examples/${name}.js`], options);
    expect(stderr).toBe("");
    return stdout;
  }

  it("append one record and show its ack", async () => {
    expect(await example("1-append")).toMatch(/\{ offset: 0, term: \d+, duplicate: false \}/);
  });

  it("append a hundred thousand with back-pressure, then three at once", async () => {
    expect(await example("2-batch")).toContain("[ 100001, 100002, 100003 ]");
  });

  it("tail from an offset until told to quit, then read all in batches", async () => {
    await using client = await connect({ endpoints: cluster.endpoints });
    await using producer = client.producer<string>({ codec: codecs.text });
    const { offset } = await producer.append({ value: "quit" });
    const lines = (await example("3-tail")).trimEnd().split("\n");
    expect(lines[0]).toMatch(/^1200 \d+ null line 1199 lag=\d+$/);
    const quit = lines.findIndex((line) => line.includes(" quit "));
    expect(lines[quit]).toContain(`${offset} `);
    const sizes = lines.slice(quit + 1).map(Number);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(offset + 1);
  });
});
