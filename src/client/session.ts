/**
 * What one client has been told: how far its appends were acknowledged and its tails have heard.
 * Local reads that ask for the session are answered by no node that is behind that.
 */
export class ClientSession {
  #seenEnd = 0;

  /** A high watermark that a node must have reached. */
  get seenEnd(): number {
    return this.#seenEnd;
  }

  saw(end: number): void {
    this.#seenEnd = Math.max(this.#seenEnd, end);
  }
}
