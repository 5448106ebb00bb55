/** What a grown log is made of; see docs/bench.md. */
export type LogShape = "batches" | "mixed";

/** One entry of a grown log, and the pause of the clock before it. */
export interface ShapedEntry {
  readonly records: number;
  readonly pauseMs: number;
}

/** Records of the atomic batches of P3 and P4. */
const BATCH_RECORDS = 1000;

function* batches(): Generator<ShapedEntry, never> {
  for (;;) yield { records: BATCH_RECORDS, pauseMs: 1 };
}

/**
 * Long runs of single records, then of batches of every size, then silence: offsets and times grow
 * in leaps, so that nobody finds a row by its share of the segment.
 */
function* mixed(random: () => number): Generator<ShapedEntry, never> {
  for (;;) {
    const run = 1 + Math.floor(random() ** 3 * 100_000);
    const single = random() < 0.5;
    const pauseMs = random() < 0.5 ? Math.floor(random() * 3_600_000) : 0;
    yield { records: 1, pauseMs };
    for (let at = 1; at < run; at++)
      yield {
        records: single ? 1 : 1 + Math.floor(random() ** 4 * BATCH_RECORDS),
        pauseMs: random() < 0.1 ? 1 : 0,
      };
  }
}

/** Endless. `random`: between 0 and 1. */
export function shapedEntries(shape: LogShape, random: () => number): Iterator<ShapedEntry, never> {
  return shape === "batches" ? batches() : mixed(random);
}
