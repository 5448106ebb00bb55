import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { repositoryPath } from "../../../scripts/local-cluster/repository-path.ts";
import type { DiskFault } from "../../../src/cli/chaos/chaos-cluster.ts";
import { DiskSwitches, SWITCH_VARIABLE } from "../../../src/cli/chaos/disk-switch.ts";
import { until } from "../../support/until.ts";

const FILE_SYSTEM = pathToFileURL(repositoryPath("dist/storage/node-file-system.js")).href;
/** Does one thing with the production file system for each line of its input; says how it went. */
const SCRIPT = `
  import { createInterface } from "node:readline";
  import { nodeFileSystem } from "${FILE_SYSTEM}";
  const [directory] = process.argv.slice(1);
  const file = await nodeFileSystem.open(directory + "/file", "create");
  const doings = {
    write: () => file.write([Buffer.from("hello "), Buffer.from("world")], 0),
    sync: () => file.sync(),
    free: async () => (await nodeFileSystem.freeBytes(directory)) > 0,
    read: async () => {
      const into = Buffer.alloc(64);
      return into.toString("utf8", 0, await file.read(into, 0));
    },
  };
  console.log("ready");
  createInterface({ input: process.stdin }).on("line", (what) => {
    doings[what]().then(
      (done) => console.log(what, done ?? "done"),
      (error) => console.log(what, error.message),
    );
  });
`;

describe("the shim before a node's disk", () => {
  let directory: string;
  let switches: DiskSwitches;
  let child: ReturnType<typeof spawn>;
  let lines: string[];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "balsa-shim-"));
    switches = new DiskSwitches(directory);
    const shim = pathToFileURL(repositoryPath("dist/cli/chaos/disk-shim.js")).href;
    const words = ["--import", shim, "--input-type=module", "--eval", SCRIPT, directory];
    const env = { ...process.env, [SWITCH_VARIABLE]: switches.pathOf("n1") };
    child = spawn(process.execPath, words, { env, stdio: ["pipe", "pipe", "inherit"] });
    lines = [];
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
    await until(() => lines.includes("ready"));
  });

  afterEach(() => {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  });

  /** The shim looks at its switch now and then: asked again until the answer is there. */
  async function askUntil(what: string, answer: string | RegExp): Promise<void> {
    for (;;) {
      const line = await ask(what);
      if (typeof answer === "string" ? line === `${what} ${answer}` : answer.test(line)) return;
    }
  }

  async function ask(what: string): Promise<string> {
    const before = lines.length;
    child.stdin?.write(`${what}\n`);
    await until(() => lines.length > before);
    return lines.at(-1) ?? "";
  }

  it("does nothing while its switch is off", async () => {
    expect(await ask("write")).toBe("write done");
    expect(await ask("sync")).toBe("sync done");
    expect(await ask("read")).toBe("read hello world");
    expect(await ask("free")).toBe("free true");
  });

  it.each([
    ["sync-error", "sync", /EIO|input.output/],
    ["no-space", "write", /ENOSPC|full|space/],
  ] as const)("strikes once: %s", async (kind, what, error) => {
    switches.set("n1", { kind });
    await askUntil(what, error);
    expect(await ask(what)).toBe(`${what} done`);
  });

  it("holds every sync back until the disk is well", async () => {
    switches.set("n1", { kind: "hang" });
    // Once it is in force, two syncs asked for stay without an answer, however much is read.
    for (let answered = true; answered; ) {
      const before = lines.length;
      child.stdin?.write("sync\n");
      for (let i = 0; i < 20 && lines.length === before; i++) await ask("read");
      answered = lines.slice(before).includes("sync done");
    }
    switches.set("n1", undefined);
    await until(() => lines.at(-1) === "sync done");
  });

  it("writes half of what it is given, and the node loops", async () => {
    switches.set("n1", { kind: "short-write" });
    await askUntil("write", "done");
    expect(await ask("read")).toBe("read hello world");
  });

  it("says that there is no room, and later that there is", async () => {
    switches.set("n1", { kind: "low-space" });
    await askUntil("free", "false");
    switches.set("n1", undefined);
    await askUntil("free", "true");
  });

  it("takes a switch that is half written for none", async () => {
    writeFileSync(switches.pathOf("n1"), "{");
    expect(await ask("sync")).toBe("sync done");
    expect(existsSync(switches.pathOf("n1"))).toBe(true);
  });

  it("delays every sync", async () => {
    const slow: DiskFault = { kind: "slow-sync", byMs: 20 };
    switches.set("n1", slow);
    expect(await ask("sync")).toBe("sync done");
  });
});
