import type { FileSystem } from "../file-system.ts";
import { isAbsent } from "../io-error.ts";
import { join } from "../layout.ts";

/** Compacted files that somebody reads stay until nobody does. */
export class FilePins {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #pins = new Map<string, number>();
  /** To be removed as soon as nobody reads them. */
  readonly #leaving = new Set<string>();
  readonly #onRemoved: (name: string) => Promise<void>;

  constructor(
    fileSystem: FileSystem,
    directory: string,
    onRemoved: (name: string) => Promise<void>,
  ) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#onRemoved = onRemoved;
  }

  isPinned(name: string): boolean {
    return this.#pins.has(name);
  }

  pin(names: readonly string[]): void {
    for (const name of names) this.#pins.set(name, (this.#pins.get(name) ?? 0) + 1);
  }

  /** Files that were to go meanwhile are removed. */
  async unpin(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const count = (this.#pins.get(name) ?? 1) - 1;
      if (count > 0) this.#pins.set(name, count);
      else this.#pins.delete(name);
    }
    const free = names.filter((name) => this.#leaving.has(name) && !this.#pins.has(name));
    if (free.length > 0) await this.#unlink(free);
  }

  /** Removes the files now, or when the last reader is done. */
  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) this.#leaving.add(name);
    await this.#unlink(names.filter((name) => !this.#pins.has(name)));
  }

  async #unlink(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    for (const name of names) this.#leaving.delete(name);
    for (const name of names) {
      await this.#onRemoved(name);
      await this.#unlinkOne(name);
    }
    await this.#fileSystem.syncDirectory(this.#directory);
  }

  /** Its last reader may have removed it since its name was listed. */
  async #unlinkOne(name: string): Promise<void> {
    try {
      await this.#fileSystem.unlink(join(this.#directory, name));
    } catch (thrown) {
      if (!isAbsent(thrown)) throw thrown;
    }
  }
}
