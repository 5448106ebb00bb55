import { availableParallelism } from "node:os";
import { type CellKind, CellRunner, cellCount, isFileKind } from "../../../sim/matrix/campaign.ts";
import {
  addFiles,
  countFiles,
  type FileCounts,
  NO_FILES,
} from "../../../sim/matrix/file-counts.ts";
import {
  addMatrix,
  countMatrix,
  type MatrixCounts,
  NO_CELLS,
} from "../../../sim/matrix/matrix-counts.ts";
import { MATRIX_VARIANTS } from "../../../sim/matrix/matrix-variants.ts";
import { parseSkip } from "../../../sim/run-options.ts";
import { invalidValue } from "../../failure.ts";
import type { OutputFormat } from "../../output.ts";
import { say } from "../../terminal.ts";
import { runOnWorkers } from "./matrix-workers.ts";
import { printResult, violated } from "./verdict.ts";

export interface MatrixFlags {
  /** A variant, or `all`. */
  readonly variant: string;
  readonly flips: boolean;
  readonly cuts: boolean;
  readonly missing: boolean;
  /** One cell of so many. */
  readonly every: number;
  /** Numbers of cells; empty: all. */
  readonly only: string;
  readonly jobs: number | undefined;
  readonly format: OutputFormat;
}

type Counts = MatrixCounts | FileCounts;

/** A line of progress at most this often. */
const TELL_EVERY_MS = 5_000;

/** Damages the disks of simulated clusters in every way there is; exit code 10 on a failure. */
export async function runMatrix(flags: MatrixFlags): Promise<void> {
  const kinds = kindsOf(flags);
  const image = await new CellRunner().image();
  const cells = kinds.map((kind) => ({ kind, numbers: numbersOf(flags, cellCount(image, kind)) }));
  const total = cells.reduce((sum, { numbers }) => sum + numbers.length, 0);
  const counts = new Map<CellKind, Counts>();
  let run = 0;
  let toldMs = performance.now();
  const cpuBefore = process.cpuUsage();
  await runOnWorkers({
    cells,
    workers: flags.jobs ?? availableParallelism(),
    done: (kind, result) => {
      const before = counts.get(kind);
      if (result.cells === "matrix")
        counts.set(
          kind,
          addMatrix((before as MatrixCounts) ?? NO_CELLS, countMatrix(result.results)),
        );
      else
        counts.set(kind, addFiles((before as FileCounts) ?? NO_FILES, countFiles(result.results)));
      run += result.results.length;
      if (performance.now() - toldMs < TELL_EVERY_MS) return;
      toldMs = performance.now();
      say(`${run} of ${total} cells`);
    },
  });
  const { user, system } = process.cpuUsage(cpuBefore);
  await report(flags, counts, (user + system) / 1e6);
}

async function report(
  { format }: MatrixFlags,
  counts: ReadonlyMap<CellKind, Counts>,
  cpuSeconds: number,
): Promise<void> {
  const [[, only] = [], ...more] = counts;
  const object =
    only !== undefined && more.length === 0
      ? { ...only, cpuSeconds }
      : { ...Object.fromEntries(counts), cpuSeconds };
  const lines = [...counts].flatMap(([kind, found]) => linesOf(kind, found));
  await printResult(format, object, [...lines, `${cpuSeconds.toFixed(1)} s of CPU`].join("\n"));
  for (const [kind, { failures }] of counts)
    if (failures[0] !== undefined) {
      const replay = `balsa sim matrix ${isFileKind(kind) ? FLAGS[kind] : `--variant ${kind}`}`;
      throw violated({ check: "storage faults", message: failures[0], replay });
    }
}

const FLAGS = { flip: "--flips", cut: "--cuts", missing: "--missing" } as const;

function linesOf(kind: CellKind, counts: Counts): readonly string[] {
  const failures = counts.failures.map((failure) => `  FAILURE     ${failure}`);
  if ("cells" in counts) {
    const { cells, clean, repaired, halt } = counts;
    return [
      `${kind}: ${cells} cells: ${clean} clean, ${repaired} repaired, ${halt} halted at the place`,
      ...failures,
    ];
  }
  const { recoverable, repaired, unrecoverable, safeHalts } = counts;
  return [
    `${kind}: ${repaired} of ${recoverable} recoverable patterns repaired, ` +
      `${safeHalts} of ${unrecoverable} others safe halts`,
    ...failures,
  ];
}

function kindsOf({ variant, flips, cuts, missing }: MatrixFlags): readonly CellKind[] {
  const files = (["flip", "cut", "missing"] as const).filter(
    (kind) => ({ flip: flips, cut: cuts, missing })[kind],
  );
  if (files.length > 0) return files;
  const known = Object.keys(MATRIX_VARIANTS) as (keyof typeof MATRIX_VARIANTS)[];
  if (variant === "all") return known;
  const chosen = known.filter((name) => name === variant);
  if (chosen.length === 0) throw invalidValue("--variant", `one of ${known.join(", ")}, all`);
  return chosen;
}

function numbersOf({ every, only }: MatrixFlags, count: number): readonly number[] {
  if (every < 1) throw invalidValue("--every", "a number from 1 on");
  try {
    const chosen = new Set(parseSkip(only));
    return Array.from({ length: count }, (_, number) => number).filter((number) =>
      chosen.size > 0 ? chosen.has(number) : number % every === 0,
    );
  } catch (thrown) {
    throw invalidValue("--only", (thrown as Error).message);
  }
}
