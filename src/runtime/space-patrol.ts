import type { Cancel, Scheduler } from "../common/scheduler.ts";
import type { SpaceWatch } from "../storage/types.ts";
import type { CoreLoop } from "./core-loop.ts";
import type { Tracer } from "./tracer.ts";

/** A disk that fills at full speed loses a few hundred MB between two looks: the mark is above. */
const LOOK_EVERY_MS = 1000;

export interface SpacePatrolPorts {
  readonly space: SpaceWatch;
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
    const { space, loop, scheduler, tracer, fail } = this.#ports;
    const { low, freeBytes } = await space.check();
    if (this.#stopped) return;
    this.#freeBytes = freeBytes;
    if (low !== this.#low) {
      this.#low = low;
      tracer.tell(low ? "disk.low" : "disk.recovered", { freeBytes });
      loop.post({ type: "diskSpaceChanged", low });
    }
    this.#cancel = scheduler.after(LOOK_EVERY_MS, () => {
      this.#look().catch(fail);
    });
  }
}
