import fs from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { FatalError } from "../common/fatal-error.ts";
import type { DirectoryLock } from "./file-system.ts";
import { LOCK_FILE } from "./layout.ts";
import { codeOf, failing } from "./node-io.ts";

/** Who holds a directory. Pids are reused, and all of them after a boot: hence the other two. */
interface Holder {
  readonly pid: number;
  /** Clock ticks after boot; absent where the system does not tell. */
  readonly startTime: string | undefined;
  readonly bootId: string | undefined;
}

/**
 * Takes `directory` for this process. `LOCK` names the holder; on Linux an abstract socket, which
 * no crash leaves behind, also settles who wins when two processes start at once. The socket is
 * seen within one network namespace only, `LOCK` within one pid namespace.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const file = path.join(directory, LOCK_FILE);
  const socket = await takeSocket(directory);
  try {
    if (socket === "taken") throw inUse(directory, await readHolder(file));
    const holder = await readHolder(file);
    if (holder !== undefined && (await isAlive(holder))) throw inUse(directory, holder);
    await writeHolder(file, directory);
  } catch (error) {
    if (socket instanceof net.Server) socket.close();
    throw error;
  }
  return {
    async release() {
      await fs.unlink(file).catch(() => undefined);
      if (socket instanceof net.Server) await new Promise((closed) => socket.close(closed));
    },
  };
}

function inUse(directory: string, holder: Holder | undefined): FatalError {
  const who = holder === undefined ? "another process" : `process ${holder.pid}`;
  const fix = "stop it first or choose another --data-dir";
  return new FatalError("io", `${directory} is in use by ${who}; ${fix}`);
}

/** Named by device and inode, so that two spellings of one path meet. */
async function takeSocket(directory: string): Promise<net.Server | "taken" | undefined> {
  if (process.platform !== "linux") return undefined;
  const { dev, ino } = await failing("look at", directory, fs.stat(directory));
  const server = net.createServer((connection) => connection.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      if (codeOf(error) === "EADDRINUSE") resolve("taken");
      else reject(new FatalError("io", `cannot lock ${directory}: ${error.message}`, error));
    });
    server.listen(`\0balsa-${dev}-${ino}`, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** Absent where there is no `LOCK`, or one that a crash left half written. */
async function readHolder(file: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await fs.readFile(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    return failing("read", file, Promise.reject(error));
  }
  const [pid, startTime, bootId] = text.trim().split(" ");
  if (!/^[1-9]\d*$/.test(pid ?? "")) return undefined;
  return { pid: Number(pid), startTime, bootId };
}

async function writeHolder(file: string, directory: string): Promise<void> {
  const { pid, startTime = "-", bootId = "-" } = await holderOf(process.pid);
  const text = `${pid} ${startTime} ${bootId}\n`;
  await fs.rm(file, { force: true });
  try {
    await fs.writeFile(file, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw inUse(directory, await readHolder(file));
    await failing("write", file, Promise.reject(error));
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
  }
  const now = await holderOf(holder.pid);
  const known = now.startTime !== undefined && now.bootId !== undefined;
  if (!known) return true;
  return now.startTime === holder.startTime && now.bootId === holder.bootId;
}

async function holderOf(pid: number): Promise<Holder> {
  const stat = await readText(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets, which may hold spaces and brackets.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const bootId = (await readText("/proc/sys/kernel/random/boot_id"))?.trim();
  return { pid, startTime: fields?.[19], bootId };
}

async function readText(file: string): Promise<string | undefined> {
  return fs.readFile(file, "utf8").catch(() => undefined);
}
