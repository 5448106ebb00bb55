import { randomInteger } from "../../common/random.ts";
import type { SimHost } from "../host.ts";
import type { World } from "../world.ts";
import { mayLoseSnapshots } from "./bearable-damage.ts";
import { INCOMING_ROT } from "./incoming-rot.ts";
import { type FaultKind, pick, type Strike } from "./strike.ts";

/** Bytes that change in what a log's beginning is made of. */
export const SNAPSHOT_DAMAGE: readonly FaultKind[] = [
  { name: "checkpoint-rot", weight: 2, life: true, strike: (to) => rot(to, /\.checkpoint$/) },
  { name: "compacted-rot", weight: 2, life: true, strike: (to) => rot(to, /\.compacted$/) },
  { name: "manifest-rot", weight: 1, life: true, strike: (to) => rot(to, /\.manifest$/) },
  INCOMING_ROT,
  { name: "missing-snapshot", weight: 1, life: true, strike: missing },
];

function rot(strike: Strike, which: RegExp): void {
  const { random, world } = strike;
  const found = aFile(strike, which);
  const size = found?.host.disk.readFile(found.path).length ?? 0;
  if (found === undefined || size === 0) return strike.pass();
  const byte = randomInteger(random, 0, size - 1);
  found.host.disk.flip(found.path, byte, 1 << randomInteger(random, 0, 7));
  world.tell("bit rot", found.host, { file: found.path, byte });
  strike.begin({ mayHalt: [found.host.nodeId] })();
}

/** Of a node that is down. */
function missing(strike: Strike): void {
  const found = aFile(strike, /\.(checkpoint|compacted|manifest)$/);
  if (found === undefined || found.host.life.alive) return strike.pass();
  found.host.disk.remove(found.path);
  strike.world.tell("file lost", found.host, { file: found.path });
  strike.begin({ mayHalt: [found.host.nodeId] })();
}

function aFile(
  { world, random }: Strike,
  which: RegExp,
): { readonly host: SimHost; readonly path: string } | undefined {
  const host = pick(random, victims(world));
  if (host === undefined) return undefined;
  const path = pick(
    random,
    host.disk.files().filter((file) => which.test(file)),
  );
  return path === undefined ? undefined : { host, path };
}

function victims(world: World): readonly SimHost[] {
  return world.hosts.filter((host) => mayLoseSnapshots(world, host));
}
