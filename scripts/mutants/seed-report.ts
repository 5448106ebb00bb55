/** What does not hold, and which check says so. */
export interface Finding {
  /** Id and name of the check: `K1 lost`. */
  readonly check: string;
  readonly message: string;
}

/** What `seed-run.ts` says of one seed. */
export interface SeedReport {
  readonly seed: number;
  /** Of its process, since it began. */
  readonly cpuSeconds: number;
  /** Empty when everything held. */
  readonly found: readonly Finding[];
}
