/** One measurement: how much is kept in flight, of what, and for how long. */
export interface Load {
  /** Appends that wait for their acknowledgement at any time. */
  readonly inFlight: number;
  readonly recordsPerAppend: number;
  readonly recordBytes: number;
  /** Most appends in one gRPC message; Balsa's client counts bytes, so it is told only of 1. */
  readonly appendsPerMessage: number;
  /** Measured time; a warm-up of {@link WARM_UP_MS} comes before it. */
  readonly seconds: number;
}

export interface LoadResult {
  readonly recordsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Acknowledged while it was measured. */
  readonly appends: number;
  /** CPU time of the client's process for each append, warm-up included, in microseconds. */
  readonly clientCpuUs: number;
  /** Acknowledged from first to last, warm-up included. */
  readonly allAppends: number;
}

export const WARM_UP_MS = 1000;

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Counts acknowledgements between the end of the warm-up and the end of the run. */
export class LoadMeter {
  readonly #load: Load;
  readonly #warmMs: number;
  readonly #endMs: number;
  readonly #latencies: number[] = [];
  readonly #cpuBefore = process.cpuUsage();
  #allAppends = 0;

  constructor(load: Load) {
    this.#load = load;
    this.#warmMs = performance.now() + WARM_UP_MS;
    this.#endMs = this.#warmMs + load.seconds * 1000;
  }

  get ended(): boolean {
    return performance.now() >= this.#endMs;
  }

  acknowledged(sentMs: number): void {
    const nowMs = performance.now();
    this.#allAppends++;
    if (nowMs >= this.#warmMs && nowMs < this.#endMs) this.#latencies.push(nowMs - sentMs);
  }

  result(): LoadResult {
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const { seconds, recordsPerAppend } = this.#load;
    return {
      recordsPerSecond: Math.round((sorted.length * recordsPerAppend) / seconds),
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
      appends: sorted.length,
      clientCpuUs: (user + system) / this.#allAppends,
      allAppends: this.#allAppends,
    };
  }
}
