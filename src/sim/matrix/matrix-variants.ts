import { assert } from "../../common/assert.ts";
import type { ClusterImage, PlacedEntry } from "./cluster-image.ts";
import { MATRIX_ENTRIES } from "./corruption-pattern.ts";

/** Where the four entries of the matrix lie. */
export const MATRIX_VARIANTS = {
  /** In the middle of the active segment: later rows vouch for each. */
  active: "in the active segment, with entries after them",
  /** Nothing but its own row vouches for the last one. */
  last: "the last four of the log",
  /** Repaired by a new file, renamed over the old one. */
  sealed: "in a sealed segment",
  across: "the last two of a sealed segment and the first two of the next",
} as const;

export type MatrixVariant = keyof typeof MATRIX_VARIANTS;

/** The four entries of a variant; all of them data. */
export function entriesOf(image: ClusterImage, variant: MatrixVariant): readonly PlacedEntry[] {
  const data = image.entries.filter(({ type }) => type === "data");
  const sealed = data.filter(({ file }) => image.sealedFiles.has(file));
  const open = data.filter(({ file }) => !image.sealedFiles.has(file));
  const four = {
    active: open.slice(1, 1 + MATRIX_ENTRIES),
    last: open.slice(-MATRIX_ENTRIES),
    sealed: sealed.slice(1, 1 + MATRIX_ENTRIES),
    across: [...sealed.slice(-2), ...open.slice(0, 2)],
  }[variant];
  assert(four.length === MATRIX_ENTRIES, `the image has four entries for "${variant}"`);
  return four;
}
