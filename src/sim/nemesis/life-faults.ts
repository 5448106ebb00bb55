import type { TraceEvent } from "../../common/trace.ts";
import { randomInteger } from "../../common/random.ts";
import type { SimHost } from "../host.ts";
import type { Watcher, World } from "../world.ts";
import { lieInWait } from "./ambushes.ts";
import { endProcess, type FaultKind, pick, type Strike } from "./strike.ts";

/** What a log must survive whose segments come and go while a node is not there. */
export const LIFE_FAULTS: readonly FaultKind[] = [
  { name: "wipe", weight: 1, life: true, strike: wipe },
  { name: "absence", weight: 2, life: true, strike: absence },
  { name: "end-in-transfer", weight: 2, life: true, strike: endInTransfer },
];

/** Longer than a leader holds its log back for a follower. */
const ABSENT_MS_MIN = 8000;
const ABSENT_MS_MAX = 16_000;
/** A snapshot takes about so long to arrive and to be installed. */
const TRANSFER_MS = 40;

/** Where a log is made anew behind a snapshot. */
const INSTALL_PLACES: readonly RegExp[] = [
  /incoming/,
  /\.checkpoint/,
  /\.compacted/,
  /\.manifest/,
  /^write .*hard-state\.0/,
  /^sync .*hard-state\.1/,
  /^unlink .*\.(log|index)/,
  /^(create|sync) .*\.(log|index)/,
];

/**
 * A disk is replaced by an empty one. The node comes back as a non-voter, so that all the others
 * are needed from then on: one such host a world, and none where disks lose anything else.
 */
function wipe(strike: Strike): void {
  const { world, random } = strike;
  const host = pick(random, world.hosts);
  if (host === undefined || host.halted !== undefined || !canLose(world)) return strike.pass();
  if (host.life.alive) endProcess(strike, host, "kill");
  host.disk.wipe();
  // A new disk has room. One that another node fills up within milliseconds is low at no look
  // (seed 50063: a full one was wiped, stayed as small, and was full again before the next look).
  host.disk.capacityBytes = Number.POSITIVE_INFINITY;
  host.wiped = true;
  world.tell("wiped", host);
  for (const watcher of world.watchers) watcher.wiped?.(host);
  strike.begin({ wiped: [host.nodeId] })();
  comeBackAfter(strike, host, randomInteger(random, 1, 3000));
}

/** The others have all of the log, and know each other. */
function canLose({ hosts }: World): boolean {
  const taken = hosts.some(({ wiped, disk }) => wiped || disk.damaged);
  return hosts.length > 2 && !taken && hosts.every(hasJoined);
}

function hasJoined({ disk }: SimHost): boolean {
  return disk.files().some((path) => path.startsWith("data/log/"));
}

/** Down for so long that the others let go of what it lacks. */
function absence(strike: Strike): void {
  const { world, random } = strike;
  const host = pick(random, world.running);
  if (host === undefined || world.running.length < world.hosts.length) return strike.pass();
  endProcess(strike, host, random.next() < 0.5 ? "power loss" : "kill");
  comeBackAfter(strike, host, randomInteger(random, ABSENT_MS_MIN, ABSENT_MS_MAX));
}

/** Half of those that come back end again while they are brought up to date. */
function comeBackAfter(strike: Strike, host: SimHost, delayMs: number): void {
  const up = strike.keepDown(host);
  strike.after(delayMs, () => {
    up();
    const place = pick(strike.random, INSTALL_PLACES);
    if (!host.life.alive || place === undefined || strike.random.next() < 0.5) return;
    lieInWait(strike, host, (side) => host.disk.stopAtOperation(place, side));
  });
}

/** The next snapshot on its way loses its sender, its receiver or its stream. */
function endInTransfer(strike: Strike): void {
  const { world, random } = strike;
  const { watchers } = world;
  const over = strike.begin({}, () => watchers.splice(watchers.indexOf(watcher), 1));
  const watcher: Watcher = {
    traced: ({ event, facts }: TraceEvent, host: SimHost) => {
      if (event !== "snapshot.sending") return;
      over();
      const receiver = world.hosts.find(({ nodeId }) => nodeId === facts["to"]);
      strike.after(random.next() * TRANSFER_MS, () => interrupt(strike, host, receiver));
    },
  };
  watchers.push(watcher);
}

function interrupt(strike: Strike, sender: SimHost, receiver: SimHost | undefined): void {
  const { world, random } = strike;
  const host = random.next() < 0.5 ? sender : receiver;
  if (host === undefined || receiver === undefined) return;
  if (random.next() < 0.3) return world.network.closeBetween(sender.nodeId, receiver.nodeId);
  if (!host.life.alive) return;
  endProcess(strike, host, random.next() < 0.5 ? "power loss" : "kill");
  strike.restartSoon(host);
}
