import type { SimDisk } from "../disk/index.ts";
import { SNAPSHOT_DIRECTORY } from "../../storage/layout.ts";
import { type ClusterImage, DATA_DIRECTORY } from "./cluster-image.ts";

/** One thing that is wrong with one file. */
export type FileDamage =
  | { readonly kind: "flip"; readonly file: string; readonly position: number }
  | { readonly kind: "cut"; readonly file: string; readonly length: number }
  | { readonly kind: "missing"; readonly file: string };

export type FileDamageKind = FileDamage["kind"];

const SNAPSHOTS = `${DATA_DIRECTORY}/${SNAPSHOT_DIRECTORY}/`;

/**
 * Every byte flipped, every length cut to, or every file gone: all that can be, of one node. Beyond
 * the plain image only what that one lacks is flipped and cut: what lies beside a log that comes
 * and goes, and what is compressed. The rest is byte for byte of the same kinds.
 */
export function damagesOf(
  image: ClusterImage,
  nodeId: string,
  kind: FileDamageKind,
): readonly FileDamage[] {
  const files = [...(image.disks.get(nodeId) ?? [])];
  return files.flatMap(([file, { length }]): readonly FileDamage[] => {
    if (kind === "missing") return [{ kind, file }];
    if (!isOfItsOwn(image, file)) return [];
    const places = Array.from({ length }, (_, at) => at);
    return kind === "flip"
      ? places.map((position) => ({ kind, file, position }))
      : places.map((at) => ({ kind, file, length: at }));
  });
}

function isOfItsOwn({ kind, compressedFiles }: ClusterImage, file: string): boolean {
  if (kind === "plain") return true;
  return kind === "compressed" ? compressedFiles.has(file) : file.startsWith(SNAPSHOTS);
}

export function inflict(disk: SimDisk, damage: FileDamage): void {
  const { file } = damage;
  if (damage.kind === "missing") disk.remove(file);
  else if (damage.kind === "cut") disk.cut(file, damage.length);
  else disk.flip(file, damage.position, 1 << (damage.position % 8));
}

/** `flip data/log/….log:218`, as the command prints and takes it. */
export function damageText(damage: FileDamage): string {
  if (damage.kind === "missing") return `missing ${damage.file}`;
  const at = damage.kind === "flip" ? damage.position : damage.length;
  return `${damage.kind} ${damage.file}:${at}`;
}
