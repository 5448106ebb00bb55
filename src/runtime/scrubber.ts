import type { Cancel, Scheduler } from "../common/scheduler.ts";
import type { CompactedPrefix } from "../storage/compaction/types.ts";
import type { LogStore } from "../storage/types.ts";
import type { Tracer } from "./tracer.ts";

/** One bite: small enough that a read of it is not noticed. */
const BITE_BYTES = 1 << 20;

export interface ScrubberPorts {
  readonly log: Pick<LogStore, "scrub" | "faulty">;
  readonly compacted: Pick<CompactedPrefix, "scrub" | "segments">;
  readonly scheduler: Scheduler;
  readonly tracer: Tracer;
  readonly bytesPerSecond: number;
  readonly fail: (thrown: unknown) => void;
}

/**
 * Looks for damage before anybody needs the bytes: sealed segments are read and verified round and
 * round, compacted ones last, no faster than `bytesPerSecond`. What is found in the log is the
 * log's to tell and the repairer's to mend; in its compacted prefix, the mender's.
 */
export class Scrubber {
  readonly #ports: ScrubberPorts;
  #cancel: Cancel | undefined;
  #roundBytes = 0;
  /** The log is done with in this round. */
  #inCompacted = false;

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
    const { log, compacted, tracer, bytesPerSecond } = this.#ports;
    const part = this.#inCompacted ? compacted : log;
    const { bytes, roundEnded: partEnded } = await part.scrub(Math.min(BITE_BYTES, bytesPerSecond));
    if (this.#cancel === undefined) return;
    this.#roundBytes += bytes;
    const roundEnded = partEnded && (this.#inCompacted || compacted.segments().length === 0);
    if (partEnded) this.#inCompacted = !roundEnded;
    if (roundEnded && this.#roundBytes > 0) {
      tracer.detail("scrub.passed", { bytes: this.#roundBytes, faulty: log.faulty.length });
      this.#roundBytes = 0;
    }
    this.#next(Math.max(1000 * (bytes / bytesPerSecond), roundEnded ? 1000 : 0));
  }
}
