import { randomInteger } from "../../common/random.ts";
import type { Link } from "../history.ts";
import type { Weather } from "../network.ts";
import {
  bothWays,
  cutLinks,
  durationMs,
  type FaultKind,
  pick,
  type Strike,
  victim,
} from "./strike.ts";

/** Links that fail, whole networks that do, and messages that fare badly on the way. */
export const NETWORK_FAULTS: readonly FaultKind[] = [
  { name: "isolate", weight: 4, strike: (strike) => cutFor(strike, around(strike, "both")) },
  { name: "one-way-in", weight: 3, strike: (strike) => cutFor(strike, around(strike, "in")) },
  { name: "one-way-out", weight: 3, strike: (strike) => cutFor(strike, around(strike, "out")) },
  { name: "pair-cut", weight: 2, strike: (strike) => cutFor(strike, onePair(strike)) },
  { name: "ring", weight: 1, strike: (strike) => cutFor(strike, ring(strike)) },
  { name: "split", weight: 2, strike: (strike) => cutFor(strike, split(strike)) },
  { name: "flapping", weight: 2, strike: flap },
  { name: "stream-break", weight: 2, strike: breakStreams },
  { name: "loss", weight: 2, strike: (strike) => weather(strike, { loss: 0.1 }) },
  { name: "delay", weight: 2, strike: (strike) => weather(strike, delays(strike)) },
  { name: "duplication", weight: 2, strike: (strike) => weather(strike, { duplication: 0.3 }) },
  { name: "reorder", weight: 2, strike: (strike) => weather(strike, { reordering: 0.3 }) },
  { name: "slow-reader", weight: 2, strike: slowReader },
  { name: "lasting-cut", weight: 1, lasting: true, strike: lastingCut },
];

/** One way only, of one link or of all to or from a node, until faults stop. */
function lastingCut(strike: Strike): void {
  const links = around(strike, strike.random.next() < 0.5 ? "in" : "out");
  const some = strike.random.next() < 0.5 ? links.slice(0, 1) : links;
  if (some.length > 0) cutLinks(strike, some);
}

function cutFor(strike: Strike, links: readonly Link[]): void {
  if (links.length === 0) return strike.pass();
  strike.after(durationMs(strike.random), cutLinks(strike, links));
}

function around(strike: Strike, which: "both" | "in" | "out"): readonly Link[] {
  const centre = victim(strike)?.nodeId;
  if (centre === undefined) return [];
  return strike.world.hosts
    .filter(({ nodeId }) => nodeId !== centre)
    .flatMap(({ nodeId }) => bothWays(centre, nodeId))
    .filter(({ from }) => which === "both" || (from === centre) === (which === "out"));
}

function onePair(strike: Strike): readonly Link[] {
  const one = victim(strike);
  const others = strike.world.hosts.filter((host) => host !== one);
  const other = pick(strike.random, others);
  if (one === undefined || other === undefined) return [];
  return bothWays(one.nodeId, other.nodeId);
}

/** Each node hears only the one before it. */
function ring({ world }: Strike): readonly Link[] {
  const names = world.hosts.map(({ nodeId }) => nodeId);
  const next = (at: number) => (at + 1) % names.length;
  return names.flatMap((from, at) =>
    names.filter((to, toAt) => to !== from && toAt !== next(at)).map((to) => ({ from, to })),
  );
}

/** Two halves, neither of which hears the other. */
function split({ world, random }: Strike): readonly Link[] {
  const left = new Set(world.hosts.filter(() => random.next() < 0.5));
  return world.hosts.flatMap((one) =>
    world.hosts
      .filter((other) => left.has(one) && !left.has(other))
      .flatMap((other) => bothWays(one.nodeId, other.nodeId)),
  );
}

/** A cable that is in and out. */
function flap(strike: Strike): void {
  const { random } = strike;
  const links = around(strike, random.next() < 0.5 ? "both" : "in");
  if (links.length === 0) return strike.pass();
  const times = randomInteger(random, 3, 8);
  const once = (left: number): void => {
    const mend = cutLinks(strike, links);
    strike.after(randomInteger(random, 20, 400), () => {
      mend();
      if (left > 1) strike.after(randomInteger(random, 20, 400), () => once(left - 1));
    });
  };
  once(times);
}

/** Connections drop, all at once, and nothing else is wrong. */
function breakStreams({ world, begin, random }: Strike): void {
  const host = pick(random, world.hosts);
  world.network.closeStreams((leader, follower) => [leader, follower].includes(host?.nodeId ?? ""));
  begin({})();
}

function delays({ random }: Strike): Partial<Weather> {
  const delayMsMax = pick(random, [20, 100, 400, 2500]) ?? 20;
  return { delayMsMin: delayMsMax / 20, delayMsMax };
}

function weather(strike: Strike, change: Partial<Weather>): void {
  const { network } = strike.world;
  const before = Object.fromEntries(
    Object.keys(change).map((key) => [key, network.weather[key as keyof Weather]]),
  );
  network.weather = { ...network.weather, ...change };
  const end = strike.begin({ hinders: true, lingersMs: change.delayMsMax }, () => {
    network.weather = { ...network.weather, ...before };
  });
  strike.after(durationMs(strike.random), end);
}

/** Takes what is sent to it slowly, so that it piles up. */
function slowReader(strike: Strike): void {
  const { world, random } = strike;
  const reader = victim(strike);
  if (reader === undefined) return strike.pass();
  const links = world.hosts
    .filter((host) => host !== reader)
    .map((host) => world.network.links.of(host.nodeId, reader.nodeId));
  const bytesPerMs = pick(random, [0.5, 2, 10]) ?? 2;
  for (const link of links) link.bytesPerMs = bytesPerMs;
  const end = strike.begin({ hinders: true }, () => {
    for (const link of links) link.bytesPerMs = undefined;
  });
  strike.after(durationMs(random), end);
}
