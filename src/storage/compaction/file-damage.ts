import { LogError } from "../../common/errors.ts";
import { nameOf } from "../layout.ts";
import type { CompactedDamage } from "./types.ts";

/** Bytes of an input or of a compacted file are not what they should be. Stays inside storage. */
export class FileDamage extends Error {
  override readonly name = "FileDamage";
  readonly path: string;
  readonly position: number;
  readonly what: string;

  constructor(path: string, position: number, what: string) {
    super(`${path}: byte ${position}: ${what}`);
    this.path = path;
    this.position = position;
    this.what = what;
  }

  get damage(): CompactedDamage {
    return { file: nameOf(this.path), position: this.position, what: this.what };
  }
}

/** What readers and the owner of a run are told. */
export function damageError({ file, position, what }: CompactedDamage): LogError {
  return new LogError("CORRUPT", `${file}: byte ${position}: ${what}`, {
    hint: "read from another node; this one is mended from what the others have",
  });
}
