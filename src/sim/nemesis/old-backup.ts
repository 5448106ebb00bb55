import { randomInteger } from "../../common/random.ts";
import { isLeader, type SimHost } from "../host.ts";
import { endProcess, type FaultKind, pick, type Strike } from "./strike.ts";

/**
 * A node comes back with less than it had acknowledged. Raft cannot bear that together with the
 * loss of another node, so it is the only fault of its world; and nothing is lost only because the
 * leader stays, sees it, and fills the follower up again.
 */
export const FORGETTING_FAULTS: readonly FaultKind[] = [
  { name: "old-backup", weight: 1, lasting: true, strike: putBackupInPlace },
];

/** A follower's disk of a while ago is put in the place of today's. */
function putBackupInPlace(strike: Strike): void {
  const { world, random } = strike;
  const host = pick(
    random,
    world.running.filter((running) => !isLeader(running)),
  );
  if (host === undefined) return strike.pass();
  const backup = filesOf(host);
  strike.after(randomInteger(random, 2000, 12_000), () => {
    if (isLeader(host)) return;
    endProcess(strike, host, "kill");
    for (const path of host.disk.files()) host.disk.remove(path);
    for (const [path, bytes] of backup) host.disk.put(path, bytes);
    world.tell("old backup put in place", host);
    strike.restartSoon(host);
  });
}

/** All that a loss of power would leave. */
function filesOf({ disk }: SimHost): ReadonlyMap<string, Uint8Array> {
  return new Map(disk.files().map((path) => [path, disk.readDurable(path)]));
}
