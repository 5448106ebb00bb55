import type { TraceEvent } from "../../common/trace.ts";
import { randomInteger } from "../../common/random.ts";
import type { SimHost } from "../host.ts";
import type { Watcher } from "../world.ts";
import { type FaultKind, pick, type Strike } from "./strike.ts";

/** What has come, unverified; a part that has been verified gets a name with a number. */
const STAGED = /\/incoming$/;
/** What is staged is there for about as long as a transfer takes; on a slow disk for longer. */
const STAGED_MS = [20, 40, 400] as const;

/**
 * The next snapshot on its way rots while it is staged. Nothing is excused by it: what has come is
 * compared with the hashes that were offered before any of it is taken in.
 */
export const INCOMING_ROT: FaultKind = {
  name: "incoming-rot",
  weight: 1,
  life: true,
  strike: (strike) => {
    const { random, world } = strike;
    const { watchers } = world;
    const over = strike.begin({}, () => watchers.splice(watchers.indexOf(watcher), 1));
    const watcher: Watcher = {
      traced: ({ event, facts }: TraceEvent) => {
        if (event !== "snapshot.sending") return;
        over();
        const receiver = world.hosts.find(({ nodeId }) => nodeId === facts["to"]);
        if (receiver === undefined) return;
        for (const ms of STAGED_MS) strike.after(random.next() * ms, () => rot(strike, receiver));
      },
    };
    watchers.push(watcher);
  },
};

function rot({ random, world }: Strike, host: SimHost): void {
  const { disk } = host;
  const staged = disk.files().filter((path) => STAGED.test(path));
  const file = pick(random, staged);
  const size = file === undefined ? 0 : disk.readFile(file).length;
  if (file === undefined || size === 0) return;
  const byte = randomInteger(random, 0, size - 1);
  disk.flip(file, byte, 1 << randomInteger(random, 0, 7));
  world.tell("bit rot", host, { file, byte });
}
