/**
 * Listens once to every signal, however many appends share it: a thousand appends under one signal
 * are one listener, not a thousand (and not Node's warning about them).
 */
export class SignalWatch<Item> {
  readonly #aborted: (item: Item, reason: unknown) => void;
  readonly #watched = new Map<AbortSignal, { items: Set<Item>; stop: () => void }>();

  constructor(aborted: (item: Item, reason: unknown) => void) {
    this.#aborted = aborted;
  }

  get signals(): number {
    return this.#watched.size;
  }

  add(signal: AbortSignal, item: Item): void {
    const known = this.#watched.get(signal);
    if (known !== undefined) {
      known.items.add(item);
      return;
    }
    const items = new Set([item]);
    const stop = () => {
      this.#watched.delete(signal);
      for (const each of items) this.#aborted(each, signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true });
    this.#watched.set(signal, { items, stop });
  }

  remove(signal: AbortSignal, item: Item): void {
    const known = this.#watched.get(signal);
    if (known === undefined || !known.items.delete(item) || known.items.size > 0) return;
    signal.removeEventListener("abort", known.stop);
    this.#watched.delete(signal);
  }
}
