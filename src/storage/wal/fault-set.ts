import type { LogIndex } from "../../common/brand.ts";
import type { FaultyEntry } from "../types.ts";

/** The entries of a log whose bytes are damaged, by index. */
export class FaultSet {
  readonly #byIndex = new Map<LogIndex, FaultyEntry>();
  /** In order; made when it is asked for. */
  #sorted: readonly FaultyEntry[] | undefined;

  constructor(entries: readonly FaultyEntry[] = []) {
    for (const entry of entries) this.add(entry);
  }

  /** Lowest index first. */
  get all(): readonly FaultyEntry[] {
    this.#sorted ??= [...this.#byIndex.values()].sort((a, b) => a.index - b.index);
    return this.#sorted;
  }

  get(index: LogIndex): FaultyEntry | undefined {
    return this.#byIndex.get(index);
  }

  has(index: LogIndex): boolean {
    return this.#byIndex.has(index);
  }

  /** @returns whether it was not known yet. */
  add(entry: FaultyEntry): boolean {
    if (this.#byIndex.has(entry.index)) return false;
    this.#byIndex.set(entry.index, entry);
    this.#sorted = undefined;
    return true;
  }

  remove(index: LogIndex): void {
    if (this.#byIndex.delete(index)) this.#sorted = undefined;
  }

  /** Forgets the entries from `from` on. */
  cut(from: LogIndex): void {
    for (const index of [...this.#byIndex.keys()]) if (index >= from) this.remove(index);
  }

  /** Forgets the entries up to `last`. */
  dropThrough(last: LogIndex): void {
    for (const index of [...this.#byIndex.keys()]) if (index <= last) this.remove(index);
  }

  /** Whether an entry of first..last is damaged. */
  touches(first: LogIndex, last: LogIndex): boolean {
    return this.firstFrom(first, last) !== undefined;
  }

  /** The first damaged entry of first..last. */
  firstFrom(first: LogIndex, last: LogIndex): LogIndex | undefined {
    if (this.#byIndex.size === 0) return undefined;
    return this.all.find(({ index }) => index >= first && index <= last)?.index;
  }
}
