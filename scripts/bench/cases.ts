import type { Load, LoadResult } from "./load.ts";

/** Balsa's client puts every append that waits in one message; so does the ceiling's. */
const AS_THE_CLIENT_PACKS = 1 << 16;

/** One figure of the bench: a load, what is read off it, and the share of the ceiling to reach. */
export interface BenchCase {
  readonly id: string;
  readonly title: string;
  readonly load: Omit<Load, "seconds">;
  readonly unit: "records/s" | "ms";
  /** True: a larger share of the ceiling is better; false: a smaller one. */
  readonly higherIsBetter: boolean;
  readonly goalRatio: number;
  /** Also measure the ceiling with one append a message: what not packing would cost. */
  readonly unpacked?: boolean;
  read(result: LoadResult): number;
}

export const BENCH_CASES: readonly BenchCase[] = [
  {
    id: "P1",
    title: "single-record appends, 1024 in flight",
    load: {
      inFlight: 1024,
      recordsPerAppend: 1,
      recordBytes: 100,
      appendsPerMessage: AS_THE_CLIENT_PACKS,
    },
    unit: "records/s",
    higherIsBetter: true,
    goalRatio: 0.8,
    unpacked: true,
    read: (result) => result.recordsPerSecond,
  },
  {
    id: "P2",
    title: "one append at a time, p50",
    load: {
      inFlight: 1,
      recordsPerAppend: 1,
      recordBytes: 100,
      appendsPerMessage: AS_THE_CLIENT_PACKS,
    },
    unit: "ms",
    higherIsBetter: false,
    goalRatio: 1.7,
    read: (result) => result.p50Ms,
  },
  {
    id: "P3",
    title: "batches of 1000, 16 in flight",
    load: {
      inFlight: 16,
      recordsPerAppend: 1000,
      recordBytes: 100,
      appendsPerMessage: AS_THE_CLIENT_PACKS,
    },
    unit: "records/s",
    higherIsBetter: true,
    goalRatio: 0.75,
    read: (result) => result.recordsPerSecond,
  },
];
