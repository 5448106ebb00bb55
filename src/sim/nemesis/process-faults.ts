import { randomInteger } from "../../common/random.ts";
import { randomFates } from "../disk/index.ts";
import type { SimHost } from "../host.ts";
import { durationMs, type FaultKind, pick, type Strike, victim } from "./strike.ts";

/** Processes that end, stand still, or wake up at another time of day. */
export const PROCESS_FAULTS: readonly FaultKind[] = [
  { name: "power-loss", weight: 4, strike: (strike) => stopOne(strike, "power loss") },
  { name: "power-loss-of-all", weight: 1, strike: powerLossOfAll },
  { name: "kill", weight: 3, strike: (strike) => stopOne(strike, "kill") },
  { name: "kill-of-all", weight: 1, strike: killOfAll },
  { name: "crash-at-disk-operation", weight: 5, strike: crashAtOperation },
  { name: "crash-in-recovery", weight: 3, strike: crashInRecovery },
  { name: "restart", weight: 3, strike: restartOne },
  { name: "pause", weight: 3, strike: (strike) => holdFor(strike, durationMs(strike.random)) },
  { name: "stall", weight: 3, strike: stall },
  { name: "clock-jump", weight: 2, strike: jumpClock },
];

function end(strike: Strike, host: SimHost, how: "power loss" | "kill"): void {
  strike.down(host);
  if (how === "kill") strike.world.kill(host);
  else strike.world.crash(host, randomFates(strike.random));
}

function stopOne(strike: Strike, how: "power loss" | "kill"): void {
  const host = victim(strike);
  if (host === undefined) return strike.pass();
  end(strike, host, how);
  strike.restartSoon(host);
}

function stopAll(strike: Strike, how: "power loss" | "kill"): void {
  const hosts = strike.world.running;
  if (hosts.length === 0) return strike.pass();
  for (const host of hosts) {
    end(strike, host, how);
    strike.restartSoon(host);
  }
}

function powerLossOfAll(strike: Strike): void {
  stopAll(strike, "power loss");
}

function killOfAll(strike: Strike): void {
  stopAll(strike, "kill");
}

/** The process ends just before or just after one of its next disk operations: at any await. */
function crashAtOperation(strike: Strike): void {
  const host = victim(strike);
  if (host === undefined) return strike.pass();
  ambush(strike, host, randomInteger(strike.random, 1, 40));
}

/** A host goes down and, at one of its next boot's first disk operations, goes down again. */
function crashInRecovery(strike: Strike): void {
  const { world, random } = strike;
  const host = victim(strike);
  if (host === undefined) return strike.pass();
  end(strike, host, random.next() < 0.7 ? "power loss" : "kill");
  strike.after(randomInteger(random, 1, 500), () => {
    if (host.life.alive || host.halted !== undefined) return;
    world.start(host);
    ambush(strike, host, randomInteger(random, 1, 12));
  });
}

function ambush(strike: Strike, host: SimHost, operationsFromNow: number): void {
  const { world, random } = strike;
  const { life, disk } = host;
  const side = random.next() < 0.5 ? "before" : "after";
  const how = random.next() < 0.6 ? "power loss" : "kill";
  const fates = randomFates(random);
  let over = false;
  const met = strike.begin({}, () => {
    over = true;
    // A disk has one such place at a time; this one is never reached.
    void disk.stopAtBoundary(Number.MAX_SAFE_INTEGER, side);
  });
  void disk.stopAtBoundary(disk.operationCount + operationsFromNow, side).then(({ label }) => {
    if (over || !life.alive) return;
    world.tell("crash at a disk operation", host, { side, label });
    for (const watcher of world.watchers) watcher.ambushed?.(host, side, label);
    strike.down(host);
    if (how === "kill") world.kill(host);
    else world.crash(host, fates);
    met();
    strike.restartSoon(host);
  });
}

function restartOne(strike: Strike): void {
  const down = strike.world.hosts.filter((host) => !host.life.alive && host.halted === undefined);
  const host = pick(strike.random, down);
  if (host === undefined) return strike.pass();
  strike.begin({})();
  strike.world.start(host);
}

/** SIGSTOP and SIGCONT: the world goes on meanwhile. */
function holdFor(strike: Strike, ms: number): void {
  const host = victim(strike);
  if (host === undefined) return strike.pass();
  const { gate } = host.life;
  gate.hold();
  const end = strike.begin({ stopped: [host.nodeId] }, () => gate.release());
  strike.after(ms, end);
}

/** The event loop is busy with something else. */
function stall(strike: Strike): void {
  holdFor(strike, randomInteger(strike.random, 10, 300));
}

function jumpClock({ world, random, begin }: Strike): void {
  const host = pick(random, world.hosts);
  if (host === undefined) return;
  const reach = pick(random, [1000, 60_000, 3_600_000]) ?? 1000;
  host.wallSkewMs += randomInteger(random, -reach, reach);
  begin({})();
}
