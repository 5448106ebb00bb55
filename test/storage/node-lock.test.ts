import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockDirectory } from "../../src/storage/node-lock.ts";

let directory = "";
let child: ChildProcess | undefined;
const lockFile = () => path.join(directory, "LOCK");

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "balsa-lock-"));
});

afterEach(async () => {
  // The next directory may get this one's inode, and with it the name of the socket that a process
  // holds until it is gone: waited for, since that was once met.
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  child = undefined;
  await rm(directory, { recursive: true, force: true });
});

/** A process that lives until the test is over. */
async function anotherProcess(script = "console.log('ready'); setInterval(() => {}, 1000)") {
  child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout !== null) await once(child.stdout, "data");
  return child;
}

async function startTimeOf(pid: number | undefined): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
}

const bootId = async () => (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();

describe("the lock of a data directory", () => {
  it("names the process that holds it", async () => {
    const lock = await lockDirectory(directory);
    const [pid, startTime, boot] = (await readFile(lockFile(), "utf8")).trim().split(" ");
    expect(pid).toBe(String(process.pid));
    expect(startTime).toBe(await startTimeOf(process.pid));
    expect(boot).toBe(await bootId());
    await lock.release();
  });

  it("is refused to a second holder until the first lets go", async () => {
    const lock = await lockDirectory(directory);
    await expect(
      lockDirectory(path.join(directory, "..", path.basename(directory))),
    ).rejects.toThrow(
      `is in use by process ${process.pid}; stop it first or choose another --data-dir`,
    );
    await lock.release();
    const again = await lockDirectory(directory);
    await again.release();
  });

  it("is refused while LOCK names a living process", async () => {
    const { pid } = await anotherProcess();
    await writeFile(lockFile(), `${pid} ${await startTimeOf(pid)} ${await bootId()}\n`);
    const refusal = await lockDirectory(directory).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ kind: "io", exitCode: 6 });
    expect(String(refusal)).toContain(`${directory} is in use by process ${pid}`);
    expect(await readFile(lockFile(), "utf8")).toContain(`${pid}`);
  });

  it("is refused while another process holds the socket, even without LOCK", async () => {
    const { dev, ino } = await stat(directory);
    const name = `"\\0balsa-${dev}-${ino}"`;
    await anotherProcess(
      `require("node:net").createServer().listen(${name}, () => console.log("on"))`,
    );
    await expect(lockDirectory(directory)).rejects.toThrow("is in use by another process");
  });

  it.each([
    ["a process that is dead", async () => `999999999 1 ${await bootId()}\n`],
    ["a process before the last boot", async () => `${process.pid} 1 another-boot\n`],
    ["a process whose pid is another's by now", async () => `${process.pid} 1 ${await bootId()}\n`],
    ["nobody, for it was cut by a crash", async () => ""],
  ])("is taken over from %s", async (_, content) => {
    await writeFile(lockFile(), await content());
    const lock = await lockDirectory(directory);
    expect(await readFile(lockFile(), "utf8")).toMatch(new RegExp(`^${process.pid} `));
    await lock.release();
  });

  it("is left to be taken over by a holder that was killed", async () => {
    const { pid } = await anotherProcess();
    await writeFile(lockFile(), `${pid} ${await startTimeOf(pid)} ${await bootId()}\n`);
    child?.kill("SIGKILL");
    if (child !== undefined) await once(child, "exit");
    const lock = await lockDirectory(directory);
    await lock.release();
  });
});
