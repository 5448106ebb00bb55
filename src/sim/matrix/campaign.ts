import { type ClusterImage, prepareImage } from "./cluster-image.ts";
import { PATTERNS } from "./corruption-pattern.ts";
import { DAMAGED_NODE, type FileResult, runFileCell } from "./file-cell.ts";
import { damagesOf, type FileDamageKind } from "./file-damage.ts";
import { IMAGES, type ImageKind } from "./image-recipes.ts";
import { type MatrixResult, runMatrixCell } from "./matrix-cell.ts";
import { MATRIX_VARIANTS, type MatrixVariant } from "./matrix-variants.ts";

/** Damage to the files of one node, by the image that they are of. */
export type FileCellKind = FileDamageKind | `${Exclude<ImageKind, "plain">} ${FileDamageKind}`;

/** A kind of cells; each has a number within it. */
export type CellKind = MatrixVariant | FileCellKind;

/** Some cells of one kind, small enough to be one message to a worker. */
export interface CellBatch {
  readonly kind: CellKind;
  readonly numbers: readonly number[];
}

export type BatchResult =
  | { readonly cells: "matrix"; readonly results: readonly MatrixResult[] }
  | { readonly cells: "files"; readonly results: readonly FileResult[] };

/** Runs cells; the images that they begin with are made once. */
export class CellRunner {
  readonly #images = new Map<ImageKind, ClusterImage>();

  /** What cells of `kind` begin with. */
  async image(kind: CellKind): Promise<ClusterImage> {
    const name = imageOf(kind);
    const image = this.#images.get(name) ?? (await prepareImage(name));
    this.#images.set(name, image);
    return image;
  }

  /** `between` is awaited after each cell. */
  async run({ kind, numbers }: CellBatch, between: () => Promise<void>): Promise<BatchResult> {
    const image = await this.image(kind);
    if (!isFileKind(kind)) {
      const results: MatrixResult[] = [];
      for (const number of numbers) {
        results.push(await runMatrixCell(image, kind, number));
        await between();
      }
      return { cells: "matrix", results };
    }
    const damages = damagesOf(image, DAMAGED_NODE, damageOf(kind));
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
  return isFileKind(kind) ? damagesOf(image, DAMAGED_NODE, damageOf(kind)).length : PATTERNS;
}

export function isFileKind(kind: CellKind): kind is FileCellKind {
  return !Object.hasOwn(MATRIX_VARIANTS, kind);
}

/** The cells of one kind of damage to the files of an image. */
export function fileCells(image: ImageKind, damage: FileDamageKind): FileCellKind {
  return image === "plain" ? damage : `${image} ${damage}`;
}

export function imageOf(kind: CellKind): ImageKind {
  const images = Object.keys(IMAGES) as ImageKind[];
  return images.find((image) => kind.startsWith(`${image} `)) ?? "plain";
}

export function damageOf(kind: FileCellKind): FileDamageKind {
  return kind.slice(kind.indexOf(" ") + 1) as FileDamageKind;
}
