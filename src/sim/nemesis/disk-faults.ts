import { randomInteger } from "../../common/random.ts";
import type { Fault as DiskFault } from "../disk/index.ts";
import { isLeader, type SimHost } from "../host.ts";
import { lowBytes } from "../world-options.ts";
import { isBearable, mayEndForGood } from "./bearable-damage.ts";
import { DAMAGE_BESIDE_LAGGARD } from "./seesaw.ts";
import {
  durationMs,
  endProcess,
  type FaultFacts,
  type FaultKind,
  pick,
  type Strike,
  victim,
} from "./strike.ts";

/** A look at the space, and an answer to the leader, with time to spare. */
const NOTICED_MS = 1500;

/** Disks that are slow, that fail once, or that take only part of a write at first. */
export const DISK_FAULTS: readonly FaultKind[] = [
  { name: "slow-disk", weight: 3, strike: slowDisk },
  { name: "short-write", weight: 2, strike: (strike) => once(strike, shortWrite) },
  { name: "write-error", weight: 1, strike: (strike) => failOnce(strike, "write") },
  { name: "sync-error", weight: 2, strike: (strike) => failOnce(strike, "sync") },
  { name: "read-error", weight: 1, strike: (strike) => failOnce(strike, "read") },
];

/** Disks that fill up: the node must foresee it. */
export const FULL_DISK_FAULTS: readonly FaultKind[] = [
  { name: "full-disk", weight: 3, strike: fullDisk },
];

/** Disks that do not answer at all. */
export const STUCK_DISK_FAULTS: readonly FaultKind[] = [
  { name: "stuck-disk", weight: 2, strike: stuckDisk },
  { name: "lasting-stuck-disk", weight: 1, lasting: true, strike: lastingStuckDisk },
];

/** Bytes that change at rest, files that vanish or are cut: found by checksums, mended by peers. */
export const DAMAGE_FAULTS: readonly FaultKind[] = [
  { name: "bit-rot", weight: 3, strike: bitRot },
  { name: "missing-file", weight: 1, strike: missingFile },
  { name: "truncated-file", weight: 1, strike: truncatedFile },
  DAMAGE_BESIDE_LAGGARD,
];

function faultFor(
  strike: Strike,
  faults: readonly DiskFault[],
  facts: { readonly mayHalt: boolean; readonly hinders: boolean },
): void {
  const host = victim(strike);
  if (host === undefined) return strike.pass();
  for (const fault of faults) host.disk.fault(fault);
  const mayHalt = facts.mayHalt ? [host.nodeId] : undefined;
  const end = strike.begin({ mayHalt, hinders: facts.hinders }, () => host.disk.clearFaults());
  strike.after(durationMs(strike.random), end);
}

/** Every sync takes long; a leader's and a follower's differ in what they hold up. */
function slowDisk(strike: Strike): void {
  const delayMs = pick(strike.random, [10, 50, 200, 800]) ?? 10;
  const slow = { effect: "slow", delayMs, times: 10_000 } as const;
  const faults = (["sync", "syncDirectory", "write"] as const).map((operation) => ({
    operation,
    ...slow,
  }));
  faultFor(strike, faults, { mayHalt: false, hinders: true });
}

function once(strike: Strike, fault: (strike: Strike) => DiskFault): void {
  faultFor(strike, [fault(strike)], { mayHalt: false, hinders: false });
}

function shortWrite({ random }: Strike): DiskFault {
  return { operation: "write", effect: "short", times: randomInteger(random, 1, 20) };
}

/** One error, after which the disk works: the process ends by it and is started again. */
function failOnce(strike: Strike, operation: "write" | "sync" | "read"): void {
  const fault = { operation, effect: "fail", code: "EIO" } as const;
  faultFor(strike, [fault], { mayHalt: true, hinders: false });
}

/** Space runs low for a while, or is gone all at once. */
function fullDisk(strike: Strike): void {
  const host = victim(strike);
  if (host === undefined || host.disk.capacityBytes < Number.POSITIVE_INFINITY)
    return strike.pass();
  const { random } = strike;
  const out = random.next() < 0.3;
  // What vanishes between two looks nobody can foresee: a process may end by it.
  const mayHalt = out ? [host.nodeId] : undefined;
  const end = strike.begin({ mayHalt, hinders: true }, () => {
    host.disk.capacityBytes = Number.POSITIVE_INFINITY;
  });
  if (out) leave(host, randomInteger(random, 0, 4096));
  else runLow(strike, host);
  strike.after(randomInteger(random, 500, out ? 6000 : 20_000), end);
}

function leave({ disk }: SimHost, freeBytes: number): void {
  disk.capacityBytes = Number.MAX_SAFE_INTEGER;
  disk.capacityBytes = Number.MAX_SAFE_INTEGER - disk.freeBytes + freeBytes;
}

/**
 * Free space falls below the mark and stays there until everybody can have noticed. What is left
 * then must be enough for all that a node which is low still takes, however long that lasts.
 */
function runLow(strike: Strike, host: SimHost): void {
  const markBytes = lowBytes(strike.world.options);
  const leftBytes = randomInteger(strike.random, Math.floor(markBytes * 0.5), markBytes - 1);
  for (let ms = 0; ms < NOTICED_MS; ms += 20)
    strike.after(ms, () => {
      if (host.disk.capacityBytes < Number.POSITIVE_INFINITY || ms === 0) leave(host, leftBytes);
    });
}

/** What hangs never comes back: the end of it is a process that is killed and started again. */
function stuckDisk(strike: Strike): void {
  const host = victim(strike);
  if (host === undefined) return strike.pass();
  strike.after(randomInteger(strike.random, 200, 5000), hang(strike, host, { hinders: true }));
}

/** The leader's disk: whoever leads next must get on with it. */
function lastingStuckDisk(strike: Strike): void {
  const leader = strike.world.running.find(isLeader);
  if (leader !== undefined) hang(strike, leader, { lasting: true });
}

function hang(strike: Strike, host: SimHost, facts: FaultFacts): () => void {
  for (const operation of ["sync", "write"] as const)
    host.disk.fault({ operation, effect: "hang", times: 10_000 });
  return strike.begin(facts, () => {
    host.disk.clearFaults();
    if (!host.life.alive) return;
    endProcess(strike, host, "kill");
    strike.restartSoon(host);
  });
}

/** A file that may be damaged in this world, so that what is there stays enough to mend it. */
function aFile(strike: Strike, which: RegExp): { host: SimHost; path: string } | undefined {
  const { world, random } = strike;
  const host = pick(random, world.hosts);
  if (host === undefined) return undefined;
  const bearable = (file: string) => which.test(file) && isBearable(world, host, file);
  const path = pick(random, host.disk.files().filter(bearable));
  return path === undefined ? undefined : { host, path };
}

function bitRot(strike: Strike): void {
  const found = aFile(strike, /\.(log|index|[01])$/);
  const size = found?.host.disk.readFile(found.path).length ?? 0;
  if (found === undefined || size === 0) return strike.pass();
  const { random, world } = strike;
  const byte = randomInteger(random, 0, size - 1);
  found.host.disk.flip(found.path, byte, 1 << randomInteger(random, 0, 7));
  world.tell("bit rot", found.host, { file: found.path, byte });
  strike.begin({ mayHalt: [found.host.nodeId] })();
}

/** Of a node that is down, and whose end would not be the cluster's. */
function aWholeFile(strike: Strike): { host: SimHost; path: string } | undefined {
  const found = aFile(strike, /\.(log|index)$/);
  if (found === undefined || found.host.life.alive) return undefined;
  return mayEndForGood(strike.world, found.host) ? found : undefined;
}

function missingFile(strike: Strike): void {
  const found = aWholeFile(strike);
  if (found === undefined) return strike.pass();
  found.host.disk.remove(found.path);
  strike.world.tell("file lost", found.host, { file: found.path });
  strike.begin({ mayHalt: [found.host.nodeId] })();
}

function truncatedFile(strike: Strike): void {
  const found = aWholeFile(strike);
  if (found === undefined) return strike.pass();
  const length = randomInteger(strike.random, 0, found.host.disk.readFile(found.path).length);
  found.host.disk.cut(found.path, length);
  strike.world.tell("file cut", found.host, { file: found.path, length });
  strike.begin({ mayHalt: [found.host.nodeId] })();
}
