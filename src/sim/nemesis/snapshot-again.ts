import type { TraceEvent } from "../../common/trace.ts";
import type { SimHost } from "../host.ts";
import type { Watcher, World } from "../world.ts";
import { bothWays, cutLinks, type FaultKind, pick, type Strike } from "./strike.ts";

/** An install takes some dozen operations; votes, which lie elsewhere, are as fast as ever. */
const OPERATION_MS = [100, 400] as const;
const INSTALLED = /\/(log|snapshots)(\/|$)/;
const OPERATIONS = ["write", "sync", "syncDirectory", "create", "rename", "unlink"] as const;
/** Long enough for another leader to be elected, and to send as well. */
const OVER_AFTER_MS = 3000;

/** Worlds in which one waits for its snapshot. */
const waiting = new WeakSet<World>();

/**
 * The next snapshot that is whole is sent again while it is being installed: its sender never hears
 * that it came, or is cut off and another one leads. The disk takes its time meanwhile.
 */
export const SNAPSHOT_AGAIN: FaultKind = {
  name: "snapshot-again",
  weight: 2,
  life: true,
  strike: (strike) => {
    const { world } = strike;
    const { watchers } = world;
    if (waiting.has(world)) return strike.pass();
    waiting.add(world);
    const met = strike.begin({}, () => {
      watchers.splice(watchers.indexOf(watcher), 1);
      waiting.delete(world);
    });
    const watcher: Watcher = {
      traced: ({ event, facts }: TraceEvent, receiver: SimHost) => {
        if (event !== "snapshot.received") return;
        met();
        const sender = world.hosts.find(({ nodeId }) => nodeId === facts["from"]);
        if (sender !== undefined) sendAgain(strike, sender, receiver);
      },
    };
    watchers.push(watcher);
  },
};

function sendAgain(strike: Strike, sender: SimHost, receiver: SimHost): void {
  const { world, random } = strike;
  const delayMs = pick(random, OPERATION_MS) ?? 100;
  for (const operation of OPERATIONS)
    receiver.disk.fault({ operation, path: INSTALLED, effect: "slow", delayMs, times: 1000 });
  const fast = strike.begin({ hinders: true }, () => receiver.disk.clearFaults());
  strike.after(OVER_AFTER_MS, fast);
  if (random.next() < 0.5) return world.network.closeBetween(sender.nodeId, receiver.nodeId);
  const links = world.hosts
    .filter((host) => host !== sender)
    .flatMap(({ nodeId }) => bothWays(sender.nodeId, nodeId));
  strike.after(OVER_AFTER_MS, cutLinks(strike, links));
}
