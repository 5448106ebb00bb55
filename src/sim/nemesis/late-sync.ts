import { randomInteger } from "../../common/random.ts";
import { durationMs, type FaultKind, pick, type Strike, victim } from "./strike.ts";

/** The files of which one is late; each has a place in the order of what is synced. */
const FILES: readonly RegExp[] = [/\.index$/, /\.log$/, /hard-state\.[01]$/];

/**
 * A few syncs of one kind of file take long, and all else on the disk goes on as fast as ever: what
 * mostly comes later may come first. Where every operation is slow, their order stays what it was.
 */
export const LATE_SYNC: FaultKind = { name: "late-sync", weight: 1, strike: lateSync };

function lateSync(strike: Strike): void {
  const { random } = strike;
  const host = victim(strike);
  const path = pick(random, FILES);
  if (host === undefined || path === undefined) return strike.pass();
  const delayMs = pick(random, [20, 100, 400]) ?? 20;
  const times = randomInteger(random, 1, 3);
  host.disk.fault({ operation: "sync", path, effect: "slow", delayMs, times });
  const end = strike.begin({ hinders: true }, () => host.disk.clearFaults());
  strike.after(durationMs(random), end);
}
