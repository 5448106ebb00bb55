import { randomInteger } from "../../common/random.ts";
import type { BoundarySide, OperationRecord } from "../disk/index.ts";
import type { SimHost } from "../host.ts";
import { endProcess, type FaultKind, pick, type Strike, victim } from "./strike.ts";

/** Processes that end at a place in their own work, not at a time of the world. */
export const AMBUSHES: readonly FaultKind[] = [
  { name: "crash-at-disk-operation", weight: 5, strike: crashAtOperation },
  { name: "crash-at-place", weight: 3, strike: crashAtPlace },
  { name: "crash-in-recovery", weight: 3, strike: crashInRecovery },
  { name: "crash-at-upkeep", weight: 3, life: true, strike: crashAtUpkeep },
  { name: "crash-in-first-start", weight: 1, first: true, strike: crashInFirstStart },
];

/** Disk operations that are rare among the others, and orders that matter. */
const PLACES: readonly RegExp[] = [
  /^create .*\.index/,
  /^create .*\.log/,
  /^(truncate|unlink) /,
  /^syncDirectory /,
  /^(write|sync) .*hard-state\.1/,
  /^sync .*\.index/,
];

/** What is done only where segments come and go. */
const UPKEEP_PLACES: readonly RegExp[] = [
  /^(create|write|sync|rename) .*\.checkpoint/,
  /^unlink .*\.checkpoint/,
  /^unlink .*\.(log|index)/,
  /^(create|write|sync) .*\.compacted/,
  /^rename .*\.compacted/,
  /^unlink .*\.compacted/,
  /^(create|write|sync|rename|unlink) .*\.manifest/,
  /^(create|write|sync|rename|unlink) .*incoming/,
  /^(rename|unlink) .*incoming/,
  /^syncDirectory .*snapshots/,
];

/** Just before or just after one of its next disk operations: at any await. */
function crashAtOperation(strike: Strike): void {
  const host = victim(strike);
  if (host === undefined) return strike.pass();
  const at = host.disk.operationCount + randomInteger(strike.random, 1, 40);
  lieInWait(strike, host, (side) => host.disk.stopAtBoundary(at, side));
}

/** Each process at its next operation of a kind, whenever that comes. */
function crashAtPlace(strike: Strike): void {
  crashAtOneOf(strike, PLACES);
}

function crashAtUpkeep(strike: Strike): void {
  crashAtOneOf(strike, UPKEEP_PLACES);
}

function crashAtOneOf(strike: Strike, places: readonly RegExp[]): void {
  const place = pick(strike.random, places);
  if (place === undefined) return strike.pass();
  for (const host of strike.world.running)
    lieInWait(strike, host, (side) => host.disk.stopAtOperation(place, side));
}

/** A host goes down before anybody, itself included, knows who it is. */
function crashInFirstStart(strike: Strike): void {
  const host = pick(strike.random, strike.world.running);
  if (host === undefined) return strike.pass();
  lieInWait(strike, host, (side) => host.disk.stopAtOperation(/identity\.[01]/, side));
}

/** A host goes down and, at one of its next boot's first disk operations, goes down again. */
function crashInRecovery(strike: Strike): void {
  const { world, random } = strike;
  const host = victim(strike);
  if (host === undefined) return strike.pass();
  endProcess(strike, host, random.next() < 0.7 ? "power loss" : "kill");
  strike.after(randomInteger(random, 1, 500), () => {
    if (host.life.alive || host.halted !== undefined || strike.isAbsent(host)) return;
    world.start(host);
    const at = host.disk.operationCount + randomInteger(random, 1, 12);
    lieInWait(strike, host, (side) => host.disk.stopAtBoundary(at, side));
  });
}

/** Ends the host's process where `stopAt` says, unless faults stop before it comes there. */
export function lieInWait(
  strike: Strike,
  host: SimHost,
  stopAt: (side: BoundarySide) => Promise<OperationRecord>,
): void {
  const { world, random } = strike;
  const { life, disk } = host;
  const side = random.next() < 0.5 ? "before" : "after";
  const how = random.next() < 0.6 ? "power loss" : "kill";
  let over = false;
  const met = strike.begin({}, () => {
    over = true;
    // A disk has one such place at a time; this one is never reached.
    void disk.stopAtOperation(/^$/, side);
  });
  void stopAt(side).then(({ label }) => {
    if (over || !life.alive) return;
    world.tell("crash at a disk operation", host, { side, label });
    for (const watcher of world.watchers) watcher.ambushed?.(host, side, label);
    endProcess(strike, host, how);
    met();
    strike.restartSoon(host);
  });
}
