import type { MatrixResult } from "./matrix-cell.ts";

/** What a run over the matrix found. */
export interface MatrixCounts {
  readonly recoverable: number;
  readonly repaired: number;
  readonly unrecoverable: number;
  readonly safeHalts: number;
  readonly failures: readonly string[];
}

export const NO_CELLS: MatrixCounts = {
  recoverable: 0,
  repaired: 0,
  unrecoverable: 0,
  safeHalts: 0,
  failures: [],
};

export function countMatrix(results: readonly MatrixResult[]): MatrixCounts {
  const recoverable = results.filter((result) => result.recoverable);
  const unrecoverable = results.filter((result) => !result.recoverable);
  const good = (those: readonly MatrixResult[]) =>
    those.filter(({ failure }) => failure === undefined).length;
  return {
    recoverable: recoverable.length,
    repaired: good(recoverable),
    unrecoverable: unrecoverable.length,
    safeHalts: good(unrecoverable),
    failures: results.flatMap(({ variant, pattern, failure }) =>
      failure === undefined ? [] : [`${variant} pattern ${pattern}: ${failure}`],
    ),
  };
}

export function addMatrix(a: MatrixCounts, b: MatrixCounts): MatrixCounts {
  return {
    recoverable: a.recoverable + b.recoverable,
    repaired: a.repaired + b.repaired,
    unrecoverable: a.unrecoverable + b.unrecoverable,
    safeHalts: a.safeHalts + b.safeHalts,
    failures: [...a.failures, ...b.failures],
  };
}
