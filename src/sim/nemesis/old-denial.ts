import type { TraceEvent } from "../../common/trace.ts";
import { randomInteger } from "../../common/random.ts";
import type { Link } from "../history.ts";
import { isLeader, type SimHost } from "../host.ts";
import type { Watcher, World } from "../world.ts";
import { isBearable } from "./bearable-damage.ts";
import { bothWays, cutLinks, endProcess, type FaultKind, pick, type Strike } from "./strike.ts";

/** Within it a client appends something. */
const APPENDED_MS = 400;
/** What was sent has arrived, is synced and answered. */
const SETTLED_MS = 40;
/** A node that boots has asked for what is damaged. */
const ASKED_MS = 100;
/** A leader has been elected, and has asked everybody again. */
const HANDED_OVER_MS = 2600;
/** An answer takes longer than most elections, and less than is waited for it. */
const ANSWER_MS_MIN = 800;
const ANSWER_MS_MAX = 980;
/** What the network takes an answer for. */
const ANSWER_BYTES = 200;
/** Of the newest entry. */
const TAIL_BYTES = 16;

/** The part that each of five nodes has. */
interface Cast {
  readonly leader: SimHost;
  /** Has the newest entry besides the leader; its copy is damaged. */
  readonly harmed: SimHost;
  /** Says that it lacks the entry, and is given it by its leader afterwards. */
  readonly denier: SimHost;
  /** They elect the harmed one. */
  readonly others: readonly SimHost[];
}

/** Worlds in which it is under way. */
const busy = new WeakSet<World>();

/**
 * Leadership goes from a node that commits an entry to one whose copy of it is damaged, while a
 * denial is on its way: said before the entry came, and heard after the election. It takes five
 * nodes, for of three the one that elects and the one that denies are the same.
 */
export const OLD_DENIAL: FaultKind = { name: "old-denial", weight: 1, strike: handOver };

function handOver(strike: Strike): void {
  const { world } = strike;
  const cast = castOf(strike);
  if (cast === undefined) return strike.pass();
  const { leader, harmed, denier, others } = cast;
  const apart = others.flatMap((other) => [...between(leader, other), ...between(denier, other)]);
  const ends = [cutLinks(strike, apart)];
  const starved = cutLinks(strike, between(leader, denier));
  busy.add(world);
  const over = (): void => {
    for (const end of ends) end();
    starved();
    busy.delete(world);
  };
  onceSynced(strike, harmed, over, () => {
    ends.push(cutLinks(strike, [{ from: leader.nodeId, to: harmed.nodeId }]));
    strike.after(SETTLED_MS, () => {
      if (!world.hosts.every(({ life }) => life.alive)) return over();
      ends.push(cutLinks(strike, [{ from: harmed.nodeId, to: leader.nodeId }]));
      ends.push(slowAnswers(strike, denier, harmed));
      if (!comeBackDamaged(strike, harmed)) return over();
      strike.after(ASKED_MS, () => {
        ends.push(cutLinks(strike, [{ from: harmed.nodeId, to: denier.nodeId }]));
        starved();
        world.network.closeBetween(leader.nodeId, denier.nodeId);
        strike.after(HANDED_OVER_MS, over);
      });
    });
  });
}

function castOf({ world, random }: Strike): Cast | undefined {
  const { running, hosts } = world;
  const leader = running.find(isLeader);
  if (leader === undefined || running.length < 5 || hosts.length !== 5 || busy.has(world))
    return undefined;
  const followers = running.filter((host) => host !== leader);
  const harmed = pick(
    random,
    followers.filter((host) => newestLog(world, host) !== undefined),
  );
  const denier = pick(
    random,
    followers.filter((host) => host !== harmed),
  );
  if (harmed === undefined || denier === undefined) return undefined;
  const others = followers.filter((host) => host !== harmed && host !== denier);
  return { leader, harmed, denier, others };
}

function between(one: SimHost, other: SimHost): readonly Link[] {
  return bothWays(one.nodeId, other.nodeId);
}

/** Calls `then` when the host has one more entry on its disk, or `never` after a while. */
function onceSynced(strike: Strike, host: SimHost, never: () => void, then: () => void): void {
  const { watchers } = strike.world;
  let waits = true;
  const watcher: Watcher = {
    traced: ({ event }: TraceEvent, where: SimHost) => {
      if (event !== "disk.synced" || where !== host || !waits) return;
      waits = false;
      strike.after(0, then);
    },
  };
  // What was sent before the links were cut is known to more nodes than that.
  strike.after(SETTLED_MS, () => watchers.push(watcher));
  strike.after(APPENDED_MS, () => {
    watchers.splice(watchers.indexOf(watcher), 1);
    if (waits) never();
    waits = false;
  });
}

/** What `from` answers takes its time; questions come at once. */
function slowAnswers({ world, random, begin }: Strike, from: SimHost, to: SimHost): () => void {
  const link = world.network.links.of(from.nodeId, to.nodeId);
  link.bytesPerMs = ANSWER_BYTES / randomInteger(random, ANSWER_MS_MIN, ANSWER_MS_MAX);
  return begin({ hinders: true }, () => {
    link.bytesPerMs = undefined;
  });
}

/** It ends, its newest entry is harmed, and it is back; false: it may not be harmed there. */
function comeBackDamaged(strike: Strike, host: SimHost): boolean {
  const { world, random } = strike;
  const path = newestLog(world, host);
  if (path === undefined) return false;
  endProcess(strike, host, "kill");
  const up = strike.keepDown(host);
  const byte = host.disk.readFile(path).length - randomInteger(random, 1, TAIL_BYTES);
  host.disk.flip(path, byte, 1 << randomInteger(random, 0, 7));
  world.tell("bit rot", host, { file: path, byte });
  strike.begin({ mayHalt: [host.nodeId] })();
  strike.after(randomInteger(random, 1, 20), up);
  return true;
}

/** Where the newest entry lies, if it may be harmed there. */
function newestLog(world: World, host: SimHost): string | undefined {
  const path = host.disk.files().findLast((file) => file.endsWith(".log"));
  if (path === undefined || host.disk.readFile(path).length < TAIL_BYTES) return undefined;
  return isBearable(world, host, path) ? path : undefined;
}
