import { randomInteger } from "../../common/random.ts";
import type { SimHost } from "../host.ts";
import { isBearable } from "./bearable-damage.ts";
import { endProcess, type FaultKind, pick, type Strike } from "./strike.ts";

/** Where the newest entries of a log lie, at least some of them. */
const TAIL_BYTES = 400;

/**
 * Of the two nodes that have the newest entries one comes back with harm done to it, while the
 * other is away and the third, which lacks those entries, is there again. Whoever counts the harmed
 * one as whole, or the third one's word as a majority's, loses what was acknowledged.
 */
export const DAMAGE_BESIDE_LAGGARD: FaultKind = {
  name: "damage-beside-laggard",
  weight: 2,
  strike: seesaw,
};

/** One is down while the others go on; then it is there with the harmed one, without the last. */
function seesaw(strike: Strike): void {
  const { world, random } = strike;
  const laggard = pick(random, world.running);
  const others = world.hosts.filter((host) => host !== laggard);
  if (laggard === undefined || others.length !== 2 || !allRun(others)) return strike.pass();
  endProcess(strike, laggard, "kill");
  const laggardUp = strike.keepDown(laggard);
  strike.after(randomInteger(random, 800, 4000), () => {
    const back = () => strike.after(randomInteger(random, 1, 200), laggardUp);
    if (!allRun(others)) return back();
    const first = randomInteger(random, 0, 1);
    const ups = others.map((host) => {
      endProcess(strike, host, "kill");
      return strike.keepDown(host);
    });
    const order = first === 0 ? [0, 1] : [1, 0];
    const harmed = order.find((at) => damageTail(strike, others[at] as SimHost));
    back();
    const soon = harmed === undefined ? ups : ups.filter((_, at) => at === harmed);
    const later = ups.filter((up) => !soon.includes(up));
    for (const up of soon) strike.after(randomInteger(random, 1, 200), up);
    for (const up of later) strike.after(randomInteger(random, 3000, 7000), up);
  });
}

function allRun(hosts: readonly SimHost[]): boolean {
  return hosts.every(({ life }) => life.alive);
}

/** A byte of its newest frames, while it is down; false: this one may not be damaged there. */
function damageTail(strike: Strike, host: SimHost): boolean {
  const { world, random } = strike;
  const path = host.disk.files().findLast((file) => file.endsWith(".log"));
  if (path === undefined || !isBearable(world, host, path)) return false;
  const size = host.disk.readFile(path).length;
  if (size === 0) return false;
  const byte = randomInteger(random, Math.max(0, size - TAIL_BYTES), size - 1);
  host.disk.flip(path, byte, 1 << randomInteger(random, 0, 7));
  world.tell("bit rot", host, { file: path, byte });
  strike.begin({ mayHalt: [host.nodeId] })();
  return true;
}
