import { damageText } from "./file-damage.ts";
import type { FileOutcome, FileResult } from "./file-cell.ts";

/** What damage to one node's files led to. */
export interface FileCounts extends Readonly<Record<FileOutcome, number>> {
  readonly cells: number;
  readonly failures: readonly string[];
}

export const NO_FILES: FileCounts = {
  cells: 0,
  clean: 0,
  repaired: 0,
  reported: 0,
  halt: 0,
  failures: [],
};

export function countFiles(results: readonly FileResult[]): FileCounts {
  const good = results.filter(({ failure }) => failure === undefined);
  const ended = (how: FileOutcome) => good.filter(({ outcome }) => outcome === how).length;
  return {
    cells: results.length,
    clean: ended("clean"),
    repaired: ended("repaired"),
    reported: ended("reported"),
    halt: ended("halt"),
    failures: results.flatMap(({ damage, failure }) =>
      failure === undefined ? [] : [`${damageText(damage)}: ${failure}`],
    ),
  };
}

export function addFiles(a: FileCounts, b: FileCounts): FileCounts {
  return {
    cells: a.cells + b.cells,
    clean: a.clean + b.clean,
    repaired: a.repaired + b.repaired,
    reported: a.reported + b.reported,
    halt: a.halt + b.halt,
    failures: [...a.failures, ...b.failures],
  };
}
