import { availableParallelism } from "node:os";
import {
  type CellKind,
  CellRunner,
  cellCount,
  damageOf,
  type FileCellKind,
  fileCells,
  imageOf,
  isFileKind,
} from "../../../sim/matrix/campaign.ts";
import { IMAGES, type ImageKind } from "../../../sim/matrix/image-recipes.ts";
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
import { MATRIX_VARIANTS, type MatrixVariant } from "../../../sim/matrix/matrix-variants.ts";
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
  /** Whose files: an image, or `all`. */
  readonly image: string;
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
  const runner = new CellRunner();
  const cells: { readonly kind: CellKind; readonly numbers: readonly number[] }[] = [];
  for (const kind of kinds)
    cells.push({ kind, numbers: numbersOf(flags, cellCount(await runner.image(kind), kind)) });
  const total = cells.reduce((sum, { numbers }) => sum + numbers.length, 0);
  const counts = new Map<CellKind, Counts>();
  let run = 0;
  let toldMs = performance.now();
  const cpuSeconds = await runOnWorkers({
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
  await report(flags, counts, cpuSeconds);
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
      const replay = `balsa sim matrix ${isFileKind(kind) ? flagsOf(kind) : `--variant ${kind}`}`;
      throw violated({ check: "storage faults", message: failures[0], replay });
    }
}

const FLAGS = { flip: "--flips", cut: "--cuts", missing: "--missing" } as const;

function flagsOf(kind: FileCellKind): string {
  const image = imageOf(kind);
  return `${FLAGS[damageOf(kind)]}${image === "plain" ? "" : ` --image ${image}`}`;
}

function linesOf(kind: CellKind, counts: Counts): readonly string[] {
  const failures = counts.failures.map((failure) => `  FAILURE     ${failure}`);
  if ("cells" in counts) {
    const { cells, clean, repaired, reported, halt } = counts;
    const told = reported === 0 ? "" : `${reported} reported, `;
    return [
      `${kind}: ${cells} cells: ${clean} clean, ${repaired} repaired, ${told}` +
        `${halt} halted at the place`,
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

function kindsOf({ variant, flips, cuts, missing, image }: MatrixFlags): readonly CellKind[] {
  const files = (["flip", "cut", "missing"] as const).filter(
    (kind) => ({ flip: flips, cut: cuts, missing })[kind],
  );
  const images = oneOrAll("--image", image, Object.keys(IMAGES) as ImageKind[]);
  if (files.length > 0) return images.flatMap((one) => files.map((kind) => fileCells(one, kind)));
  if (image !== "plain") throw invalidValue("--image", "with --flips, --cuts or --missing");
  return oneOrAll("--variant", variant, Object.keys(MATRIX_VARIANTS) as MatrixVariant[]);
}

function oneOrAll<T extends string>(
  flag: string,
  wanted: string,
  known: readonly T[],
): readonly T[] {
  if (wanted === "all") return known;
  const chosen = known.filter((name) => name === wanted);
  if (chosen.length === 0) throw invalidValue(flag, `one of ${known.join(", ")}, all`);
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
