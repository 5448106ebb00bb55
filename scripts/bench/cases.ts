import type { Load, LoadResult } from "./load.ts";

const RECORD_BYTES = 100;
/** Balsa's client puts what waits in one message, up to 1 MiB; so does the ceiling's. */
const MESSAGE_BYTES = 1 << 20;

function loadOf(inFlight: number, recordsPerAppend: number): BenchCase["load"] {
  const appendsPerMessage = Math.floor(MESSAGE_BYTES / (recordsPerAppend * RECORD_BYTES));
  return { inFlight, recordsPerAppend, recordBytes: RECORD_BYTES, appendsPerMessage };
}

/** One figure of the bench: a load, what is read off it, and the share of the ceiling to reach. */
export interface BenchCase {
  readonly id: string;
  readonly title: string;
  readonly load: Omit<Load, "seconds">;
  readonly unit: "records/s" | "ms";
  /** True: a larger share of the ceiling is better; false: a smaller one. */
  readonly higherIsBetter: boolean;
  readonly goalRatio: number;
  read(result: LoadResult): number;
}

export const BENCH_CASES: readonly BenchCase[] = [
  {
    id: "P1",
    title: "single-record appends, 1024 in flight",
    load: loadOf(1024, 1),
    unit: "records/s",
    higherIsBetter: true,
    goalRatio: 0.8,
    read: (result) => result.recordsPerSecond,
  },
  {
    id: "P1 alone",
    title: "the same, one append a message",
    load: { ...loadOf(1024, 1), appendsPerMessage: 1 },
    unit: "records/s",
    higherIsBetter: true,
    goalRatio: 0.8,
    read: (result) => result.recordsPerSecond,
  },
  {
    id: "P2",
    title: "one append at a time, p50",
    load: loadOf(1, 1),
    unit: "ms",
    higherIsBetter: false,
    goalRatio: 1.7,
    read: (result) => result.p50Ms,
  },
  {
    id: "P3",
    title: "batches of 1000, 16 in flight",
    load: loadOf(16, 1000),
    unit: "records/s",
    higherIsBetter: true,
    goalRatio: 0.75,
    read: (result) => result.recordsPerSecond,
  },
];
