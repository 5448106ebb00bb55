import { randomInteger } from "../../common/random.ts";
import type { SimHost } from "../host.ts";
import type { World } from "../world.ts";
import { seesaw } from "./seesaw.ts";
import { endProcess, type FaultKind, pick, type Strike } from "./strike.ts";

/** What a log must survive whose segments come and go while a node is not there. */
export const LIFE_FAULTS: readonly FaultKind[] = [
  { name: "wipe", weight: 1, life: true, strike: wipe },
  { name: "absence", weight: 1, life: true, strike: absence },
  {
    name: "wipe-beside-laggard",
    weight: 1,
    life: true,
    strike: (strike) => seesaw(strike, emptyDisk),
  },
];

/** Longer than a leader holds its log back for a follower. */
const ABSENT_MS_MIN = 8000;
const ABSENT_MS_MAX = 16_000;

/**
 * A disk is replaced by an empty one. The node comes back as a non-voter, so that all the others
 * are needed from then on: one such host a world, and none where disks lose anything else.
 */
function wipe(strike: Strike): void {
  const { world, random } = strike;
  const host = pick(random, world.hosts);
  if (host === undefined || host.halted !== undefined || !canLose(world)) return strike.pass();
  endProcess(strike, host, "kill");
  emptyDisk(strike, host);
  strike.restartSoon(host);
}

/** Of a host that is down; false: the cluster could not go on without what is on it. */
function emptyDisk({ world, begin }: Strike, host: SimHost): boolean {
  if (!canLose(world)) return false;
  host.disk.wipe();
  host.wiped = true;
  world.tell("wiped", host);
  for (const watcher of world.watchers) watcher.wiped?.(host);
  begin({ wiped: [host.nodeId] })();
  return true;
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
  const up = strike.keepDown(host);
  strike.after(randomInteger(random, ABSENT_MS_MIN, ABSENT_MS_MAX), up);
}
