import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import type { DiskFault } from "./chaos-cluster.ts";
import { type DiskSwitch, SWITCH_VARIABLE } from "./disk-switch.ts";

/**
 * Loaded into a node by `node --import` before anything else, and only by the driver of chaos runs:
 * puts itself between the node and `node:fs`, and does what the switch file says. Production code
 * knows nothing of it.
 */

const LOOK_EVERY_MS = 10;

type Done = (error: NodeJS.ErrnoException | null, ...results: unknown[]) => void;

const { readFileSync } = fs;
let fault: DiskFault | undefined;
let number = 0;
/** The number whose one-time fault has struck. */
let struck = 0;
const held: (() => void)[] = [];

function look(path: string): void {
  const read = readSwitch(path);
  fault = read?.fault;
  number = read?.number ?? 0;
  if (fault?.kind === "hang") return;
  for (const go of held.splice(0)) go();
}

function readSwitch(path: string): DiskSwitch | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as DiskSwitch;
  } catch {
    // Absent: the disk is well.
    return undefined;
  }
}

function strikesOnce(kind: DiskFault["kind"]): boolean {
  if (fault?.kind !== kind || struck === number) return false;
  struck = number;
  return true;
}

function systemError(code: string, syscall: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected, ${syscall}`), { code, syscall });
}

/** The wrapper keeps what `promisify` looks for on the original. */
function wrap<Name extends keyof typeof fs>(
  name: Name,
  around: (original: (...args: unknown[]) => unknown, args: unknown[]) => unknown,
): void {
  const original = fs[name] as (...args: unknown[]) => unknown;
  const wrapper = (...args: unknown[]): unknown => around(original, args);
  Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(original));
  Object.assign(fs, { [name]: wrapper });
}

function aroundSync(original: (...args: unknown[]) => unknown, args: unknown[]): unknown {
  const done = args.at(-1) as Done;
  if (strikesOnce("sync-error")) return setImmediate(done, systemError("EIO", "fdatasync"));
  const go = () => original(...args);
  if (fault?.kind === "hang") return held.push(go);
  return fault?.kind === "slow-sync" ? setTimeout(go, fault.byMs) : go();
}

/** Half of what was given, where there is anything to halve. */
function shortened(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
  const [first] = chunks;
  if (fault?.kind !== "short-write" || first === undefined) return chunks;
  if (chunks.length > 1) return chunks.slice(0, chunks.length >> 1);
  return first.length < 2 ? chunks : [first.subarray(0, first.length >> 1)];
}

function install(path: string): void {
  look(path);
  setInterval(look, LOOK_EVERY_MS, path).unref();
  wrap("fdatasync", aroundSync);
  wrap("fsync", aroundSync);
  wrap("writevSync", (original, [fd, chunks, ...rest]) => {
    if (strikesOnce("no-space")) throw systemError("ENOSPC", "writev");
    return original(fd, shortened(chunks as Uint8Array[]), ...rest);
  });
  wrap("writev", (original, [fd, chunks, ...rest]) => {
    const done = rest.at(-1) as Done;
    if (strikesOnce("no-space")) return setImmediate(done, systemError("ENOSPC", "writev"));
    return original(fd, shortened(chunks as Uint8Array[]), ...rest);
  });
  const { statfs } = fs.promises;
  fs.promises.statfs = (async (...args: Parameters<typeof statfs>) => {
    const stats = await statfs(...args);
    return fault?.kind === "low-space" ? Object.assign(stats, { bavail: 0, bfree: 0 }) : stats;
  }) as typeof statfs;
  syncBuiltinESMExports();
}

const path = process.env[SWITCH_VARIABLE];
if (path !== undefined) install(path);
