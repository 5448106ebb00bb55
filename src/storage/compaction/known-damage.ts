import { damageError, FileDamage } from "./file-damage.ts";
import type { CompactedDamage } from "./types.ts";

/** What is known to be damaged in a compacted prefix, and what must not be touched for it. */
export class KnownDamage {
  readonly #all = new Map<string, CompactedDamage>();
  /** By file: a start found it absent, or not as long as it was, or without its footer. */
  readonly #unusable = new Map<string, CompactedDamage>();
  /** The manifest that counts: nobody can tell what the prefix is made of. */
  readonly #lost: CompactedDamage | undefined;

  /** @param lost the first of `found` is the manifest */
  constructor(found: readonly CompactedDamage[], lost: boolean) {
    for (const damage of found) {
      this.note(damage);
      this.#unusable.set(damage.file, damage);
    }
    this.#lost = lost ? found[0] : undefined;
  }

  get all(): readonly CompactedDamage[] {
    return [...this.#all.values()];
  }

  get manifestLost(): boolean {
    return this.#lost !== undefined;
  }

  isDamaged(name: string): boolean {
    return this.all.some(({ file }) => file === name);
  }

  note(damage: CompactedDamage): void {
    this.#all.set(`${damage.file} ${damage.position}`, damage);
  }

  /** All is whole; what could not be used is known still, for whoever was about to read it. */
  mended(): KnownDamage {
    const mended = new KnownDamage([], false);
    for (const [name, damage] of this.#unusable) mended.#unusable.set(name, damage);
    return mended;
  }

  /** Only files that `isOurs` are of interest any more. */
  keepOnly(isOurs: (name: string) => boolean): void {
    for (const [key, { file }] of [...this.#all]) if (!isOurs(file)) this.#all.delete(key);
  }

  /** @throws LogError CORRUPT when there is no manifest to read by */
  checkManifest(): void {
    if (this.#lost !== undefined) throw damageError(this.#lost);
  }

  /** @throws FileDamage when nothing of the file can be used */
  checkFile(path: string, name: string): void {
    const damage = this.#unusable.get(name);
    if (damage !== undefined) throw new FileDamage(path, damage.position, damage.what);
  }
}
