import type { NodeId } from "../../common/brand.ts";
import { type Random, randomInteger } from "../../common/random.ts";
import { randomFates } from "../disk/index.ts";
import type { Fault, Link } from "../history.ts";
import { isLeader, type SimHost } from "../host.ts";
import type { World } from "../world.ts";

/** What a fault says of itself; see {@link Fault}. */
export type FaultFacts = Pick<
  Fault,
  "stopped" | "cut" | "mayHalt" | "hinders" | "lingersMs" | "lasting" | "wiped"
>;

/** What a fault may use: the world, randomness of its own, and the nemesis' patience. */
export interface Strike {
  readonly world: World;
  readonly random: Random;
  /** Writes the fault down. Call the result when it is over; the end of all faults does so too. */
  readonly begin: (facts: FaultFacts, undo?: () => void) => () => void;
  /** Runs later, unless faults have stopped by then. */
  readonly after: (delayMs: number, run: () => void) => void;
  /** The host's process ends now: a fault that lasts until it runs again. */
  readonly down: (host: SimHost) => void;
  /** Boots a host that is down, a while from now. */
  readonly restartSoon: (host: SimHost) => void;
  /** Nobody starts the host before this is called; faults that stop do. */
  readonly keepDown: (host: SimHost) => () => void;
  readonly isAbsent: (host: SimHost) => boolean;
  /** This kind of fault does not fit the world as it is now: nothing was done. */
  readonly pass: () => void;
}

/** One way to break a world. */
export interface FaultKind {
  readonly name: string;
  /** How often it strikes, against the others of the mix. */
  readonly weight: number;
  /** The only fault of its world, from its beginning to its end. */
  readonly lasting?: true;
  /** Strikes first, in worlds whose faults begin with the first boot; otherwise never. */
  readonly first?: true;
  /** Only in worlds whose log lives its life: there is nothing for it to strike in others. */
  readonly life?: true;
  strike(strike: Strike): void;
}

export function pick<T>(random: Random, from: readonly T[]): T | undefined {
  return from[randomInteger(random, 0, from.length - 1)];
}

/** A running host; the leader half the time, since there most is at stake. */
export function victim({ world, random }: Strike): SimHost | undefined {
  const { running } = world;
  const leader = running.find(isLeader);
  return leader !== undefined && random.next() < 0.5 ? leader : pick(random, running);
}

/** Mostly short, sometimes longer than an election or two. */
export function durationMs(random: Random): number {
  const longest = random.next() < 0.5 ? 500 : 4000;
  return randomInteger(random, 20, longest);
}

export function bothWays(one: NodeId, other: NodeId): readonly Link[] {
  return [
    { from: one, to: other },
    { from: other, to: one },
  ];
}

/** Nothing passes over these links until the result is called. */
export function cutLinks({ world, begin }: Strike, links: readonly Link[]): () => void {
  for (const { from, to } of links) world.network.cut(from, to);
  return begin({ cut: links }, () => {
    for (const { from, to } of links) world.network.mend(from, to);
  });
}

/** Ends a process; the host stays down until somebody starts it. */
export function endProcess(strike: Strike, host: SimHost, how: "power loss" | "kill"): void {
  strike.down(host);
  if (how === "kill") strike.world.kill(host);
  else strike.world.crash(host, randomFates(strike.random));
}
