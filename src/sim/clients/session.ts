/** What one client was told, as an appender and as a reader: where the log ends, at least. */
export class Session {
  #seenEnd = 0;

  get seenEnd(): number {
    return this.#seenEnd;
  }

  saw(end: number): void {
    this.#seenEnd = Math.max(this.#seenEnd, end);
  }
}
