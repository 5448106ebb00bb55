import type { Clock } from "../common/clock.ts";
import type { Random } from "../common/random.ts";
import type { Scheduler } from "../common/scheduler.ts";

/** The world as the client sees it; tests bring their own. */
export interface ClientPorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
}
