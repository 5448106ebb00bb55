import { randomInteger } from "../../common/random.ts";
import { durationMs, endProcess, type FaultKind, pick, type Strike, victim } from "./strike.ts";

/** Processes that end, stand still, or wake up at another time of day. */
export const PROCESS_FAULTS: readonly FaultKind[] = [
  { name: "power-loss", weight: 4, strike: (strike) => stopOne(strike, "power loss") },
  { name: "power-loss-of-all", weight: 1, strike: powerLossOfAll },
  { name: "kill", weight: 3, strike: (strike) => stopOne(strike, "kill") },
  { name: "kill-of-all", weight: 1, strike: killOfAll },
  { name: "restart", weight: 3, strike: restartOne },
  { name: "pause", weight: 3, strike: (strike) => holdFor(strike, durationMs(strike.random)) },
  { name: "stall", weight: 3, strike: stall },
  { name: "clock-jump", weight: 2, strike: jumpClock },
];

function stopOne(strike: Strike, how: "power loss" | "kill"): void {
  const host = victim(strike);
  if (host === undefined) return strike.pass();
  endProcess(strike, host, how);
  strike.restartSoon(host);
}

function stopAll(strike: Strike, how: "power loss" | "kill"): void {
  const hosts = strike.world.running;
  if (hosts.length === 0) return strike.pass();
  for (const host of hosts) {
    endProcess(strike, host, how);
    strike.restartSoon(host);
  }
}

function powerLossOfAll(strike: Strike): void {
  stopAll(strike, "power loss");
}

function killOfAll(strike: Strike): void {
  stopAll(strike, "kill");
}

function restartOne(strike: Strike): void {
  const down = strike.world.hosts.filter(
    (host) => !host.life.alive && host.halted === undefined && !strike.isAbsent(host),
  );
  const host = pick(strike.random, down);
  if (host === undefined) return strike.pass();
  strike.begin({})();
  strike.world.start(host);
}

/** SIGSTOP and SIGCONT: the world goes on meanwhile. */
function holdFor(strike: Strike, ms: number): void {
  const host = victim(strike);
  if (host === undefined) return strike.pass();
  const { gate, onEnd } = host.life;
  gate.hold();
  const end = strike.begin({ stopped: [host.nodeId] }, () => gate.release());
  // The process that is started after this one stands still no more (seed 44163).
  onEnd.add(end);
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
