import type { Cancel, Scheduler } from "../common/scheduler.ts";
import type { LogStore } from "../storage/types.ts";
import type { Tracer } from "./tracer.ts";

/** One bite: small enough that a read of it is not noticed. */
const BITE_BYTES = 1 << 20;

export interface ScrubberPorts {
  readonly log: LogStore;
  readonly scheduler: Scheduler;
  readonly tracer: Tracer;
  readonly bytesPerSecond: number;
  readonly fail: (thrown: unknown) => void;
}

/**
 * Looks for damage before anybody needs the bytes: sealed segments are read and verified round and
 * round, no faster than `bytesPerSecond`. What is found is the log's to tell and the repairer's to
 * mend.
 */
export class Scrubber {
  readonly #ports: ScrubberPorts;
  #cancel: Cancel | undefined;
  #roundBytes = 0;

  constructor(ports: ScrubberPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#next(1000);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #next(delayMs: number): void {
    this.#cancel = this.#ports.scheduler.after(delayMs, () => {
      this.#bite().catch(this.#ports.fail);
    });
  }

  async #bite(): Promise<void> {
    const { log, tracer, bytesPerSecond } = this.#ports;
    const { bytes, roundEnded } = await log.scrub(Math.min(BITE_BYTES, bytesPerSecond));
    if (this.#cancel === undefined) return;
    this.#roundBytes += bytes;
    if (roundEnded && this.#roundBytes > 0) {
      tracer.detail("scrub.passed", { bytes: this.#roundBytes, faulty: log.faulty.length });
      this.#roundBytes = 0;
    }
    this.#next(Math.max(1000 * (bytes / bytesPerSecond), roundEnded ? 1000 : 0));
  }
}
