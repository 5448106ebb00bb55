import { type ClusterImage, prepareImage } from "./cluster-image.ts";
import { PATTERNS } from "./corruption-pattern.ts";
import { DAMAGED_NODE, type FileResult, runFileCell } from "./file-cell.ts";
import { damagesOf, type FileDamageKind } from "./file-damage.ts";
import { type MatrixResult, runMatrixCell } from "./matrix-cell.ts";
import type { MatrixVariant } from "./matrix-variants.ts";

/** A kind of cells; each has a number within it. */
export type CellKind = MatrixVariant | FileDamageKind;

/** Some cells of one kind, small enough to be one message to a worker. */
export interface CellBatch {
  readonly kind: CellKind;
  readonly numbers: readonly number[];
}

export type BatchResult =
  | { readonly cells: "matrix"; readonly results: readonly MatrixResult[] }
  | { readonly cells: "files"; readonly results: readonly FileResult[] };

/** Runs cells; the image that all begin with is made once. */
export class CellRunner {
  #image: ClusterImage | undefined;

  async image(): Promise<ClusterImage> {
    this.#image ??= await prepareImage();
    return this.#image;
  }

  /** `between` is awaited after each cell. */
  async run({ kind, numbers }: CellBatch, between: () => Promise<void>): Promise<BatchResult> {
    const image = await this.image();
    if (!isFileKind(kind)) {
      const results: MatrixResult[] = [];
      for (const number of numbers) {
        results.push(await runMatrixCell(image, kind, number));
        await between();
      }
      return { cells: "matrix", results };
    }
    const damages = damagesOf(image, DAMAGED_NODE, kind);
    const results: FileResult[] = [];
    for (const number of numbers) {
      const damage = damages[number];
      if (damage !== undefined) results.push(await runFileCell(image, damage, number + 1));
      await between();
    }
    return { cells: "files", results };
  }
}

/** How many cells of a kind there are; they are numbered from 0. */
export function cellCount(image: ClusterImage, kind: CellKind): number {
  return isFileKind(kind) ? damagesOf(image, DAMAGED_NODE, kind).length : PATTERNS;
}

export function isFileKind(kind: CellKind): kind is FileDamageKind {
  return kind === "flip" || kind === "cut" || kind === "missing";
}
