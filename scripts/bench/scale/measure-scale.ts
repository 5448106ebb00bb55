import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { BENCH_CASES } from "../cases.ts";
import { runLoad } from "../child.ts";
import { measureCatchUp } from "./catch-up.ts";
import type {
  CatchUpFigures,
  LookupFigures,
  MemoryFigures,
  RestartFigures,
  ScaleFigures,
  TailFigures,
} from "./figures.ts";
import { GrownCluster } from "./grown-cluster.ts";
import { measureLookups } from "./lookup-cost.ts";
import { measurePeaks } from "./memory-peaks.ts";
import { measureRestarts } from "./restart-time.ts";
import type { ScaleId } from "./scale-ids.ts";
import { measureTail } from "./tail-rate.ts";

export interface ScaleOptions {
  readonly ids: ReadonlySet<ScaleId>;
  /** Lengths of the log, ascending. */
  readonly gigabytes: readonly number[];
  readonly seconds: number;
  readonly rounds: number;
  readonly directory: string;
  /** Flags for Node itself, by node id. */
  readonly nodeFlags: (nodeId: string) => readonly string[];
}

/** Every figure at every length; what is written is removed. */
export async function measureScale(options: ScaleOptions): Promise<ScaleFigures> {
  const found = new Found();
  const { ids, gigabytes, directory } = options;
  mkdirSync(directory, { recursive: true });
  if (ids.has("P9"))
    for (const length of gigabytes)
      for (const one of await measureLookups(join(directory, "lookups"), length))
        found.tell(found.lookups, one);
  if ([...ids].every((id) => id === "P9")) return found;
  const grown = await GrownCluster.start(join(directory, "grown"), options.nodeFlags);
  try {
    for (const length of gigabytes) await measureLength(grown, length, options, found);
  } finally {
    await grown.remove();
  }
  return found;
}

class Found implements ScaleFigures {
  readonly tails: TailFigures[] = [];
  readonly restarts: RestartFigures[] = [];
  readonly memory: MemoryFigures[] = [];
  readonly catchUps: CatchUpFigures[] = [];
  readonly lookups: LookupFigures[] = [];

  tell<T>(figures: T[], figure: T): void {
    figures.push(figure);
    console.error(JSON.stringify(figure));
  }
}

async function measureLength(
  grown: GrownCluster,
  length: number,
  { ids, seconds, rounds }: ScaleOptions,
  found: Found,
): Promise<void> {
  await grown.grow(length);
  if (ids.has("P6")) found.tell(found.restarts, await measureRestarts(grown, length, rounds));
  if (ids.has("P4") || ids.has("P7")) {
    await grown.restart();
    const tail = () => measureTail(grown, length, seconds);
    const { memory, result } = await measurePeaks(grown, length, "P4", tail);
    if (ids.has("P4")) found.tell(found.tails, result);
    if (ids.has("P7")) found.tell(found.memory, memory);
  }
  if (ids.has("P7"))
    for (const { id, load } of BENCH_CASES.filter((one) => ["P1", "P3"].includes(one.id))) {
      await grown.restart();
      const run = () => runLoad("balsa-load", grown.cluster.endpoints, { ...load, seconds });
      found.tell(found.memory, (await measurePeaks(grown, length, id, run)).memory);
    }
  if (ids.has("P8")) {
    await grown.restart();
    found.tell(found.catchUps, await measureCatchUp(grown, length));
  }
}
