import type { SimDisk } from "../disk/index.ts";
import type { ClusterImage } from "./cluster-image.ts";

/** One thing that is wrong with one file. */
export type FileDamage =
  | { readonly kind: "flip"; readonly file: string; readonly position: number }
  | { readonly kind: "cut"; readonly file: string; readonly length: number }
  | { readonly kind: "missing"; readonly file: string };

export type FileDamageKind = FileDamage["kind"];

/** Every byte flipped, every length cut to, or every file gone: all that can be, of one node. */
export function damagesOf(
  image: ClusterImage,
  nodeId: string,
  kind: FileDamageKind,
): readonly FileDamage[] {
  const files = [...(image.disks.get(nodeId) ?? [])];
  return files.flatMap(([file, { length }]): readonly FileDamage[] => {
    if (kind === "missing") return [{ kind, file }];
    const places = Array.from({ length }, (_, at) => at);
    return kind === "flip"
      ? places.map((position) => ({ kind, file, position }))
      : places.map((at) => ({ kind, file, length: at }));
  });
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
