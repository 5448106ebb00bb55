import { LogError } from "../../common/errors.ts";
import type { RunPorts } from "./run-ports.ts";

/** Bytes between two pauses: short pauses spread the work evenly. */
const PIECE_BYTES = 1 << 20;

/** Counts what a run reads and writes, slows it down to its rate, ends it when it is told to. */
export class RunBudget {
  readonly #pause: RunPorts["pause"];
  readonly #bytesPerSecond: number;
  readonly #signal: AbortSignal | undefined;
  /** Resolves when the run is told to end: a pause ends then. */
  readonly #stopped: Promise<void>;
  #unpaid = 0;
  bytesRead = 0;
  bytesWritten = 0;

  /** `bytesPerSecond` 0: as fast as it goes. */
  constructor(pause: RunPorts["pause"], bytesPerSecond: number, signal: AbortSignal | undefined) {
    this.#pause = pause;
    this.#bytesPerSecond = bytesPerSecond;
    this.#signal = signal;
    this.#stopped = new Promise((resolve) => {
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  async read(bytes: number): Promise<void> {
    this.bytesRead += bytes;
    await this.#spend(bytes);
  }

  async wrote(bytes: number): Promise<void> {
    this.bytesWritten += bytes;
    await this.#spend(bytes);
  }

  /** @throws LogError ABORTED */
  check(): void {
    if (this.#signal?.aborted === true)
      throw new LogError("ABORTED", "the compaction was stopped; nothing was changed");
  }

  async #spend(bytes: number): Promise<void> {
    this.check();
    if (this.#pause === undefined || this.#bytesPerSecond === 0) return;
    this.#unpaid += bytes;
    if (this.#unpaid < Math.min(PIECE_BYTES, this.#bytesPerSecond)) return;
    const delayMs = (this.#unpaid / this.#bytesPerSecond) * 1000;
    this.#unpaid = 0;
    await Promise.race([this.#pause(delayMs), this.#stopped]);
    this.check();
  }
}
