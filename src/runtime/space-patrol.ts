import type { Cancel, Scheduler } from "../common/scheduler.ts";
import type { SpaceWatch } from "../storage/types.ts";
import type { CoreLoop } from "./core-loop.ts";
import type { Tracer } from "./tracer.ts";

/** So often while there is plenty of room. */
const LOOK_EVERY_MS = 1000;
/**
 * A follower that catches up may write all that lies above the mark within one second, so near the
 * mark it is looked for often: 50 ms at 2 GB/s are less than the mark leaves.
 */
const LOOK_NEAR_EVERY_MS = 50;
/** Near: less than so many times the mark is left. */
const NEAR = 8;

export interface SpacePatrolPorts {
  readonly space: SpaceWatch;
  /** The mark below which the disk counts as low. */
  readonly lowBytes: number;
  readonly loop: CoreLoop;
  readonly scheduler: Scheduler;
  readonly tracer: Tracer;
  readonly fail: (thrown: unknown) => void;
}

/** Looks at the free space and tells the core when it falls below the mark, or is back. */
export class SpacePatrol {
  readonly #ports: SpacePatrolPorts;
  #low = false;
  #freeBytes: number | undefined;
  #stopped = false;
  #cancel: Cancel | undefined;

  constructor(ports: SpacePatrolPorts) {
    this.#ports = ports;
  }

  /** As of the last look; absent before the first. */
  get freeBytes(): number | undefined {
    return this.#freeBytes;
  }

  start(): void {
    this.#look().catch(this.#ports.fail);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #look(): Promise<void> {
    const { space, lowBytes, loop, scheduler, tracer, fail } = this.#ports;
    const { low, freeBytes } = await space.check();
    if (this.#stopped) return;
    this.#freeBytes = freeBytes;
    if (low !== this.#low) {
      this.#low = low;
      tracer.tell(low ? "disk.low" : "disk.recovered", { freeBytes });
      loop.post({ type: "diskSpaceChanged", low });
    }
    const near = !low && freeBytes < NEAR * lowBytes;
    this.#cancel = scheduler.after(near ? LOOK_NEAR_EVERY_MS : LOOK_EVERY_MS, () => {
      this.#look().catch(fail);
    });
  }
}
