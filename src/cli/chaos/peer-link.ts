import { deferred, type Deferred } from "../../common/deferred.ts";

/** One direction between two nodes. */
export class PeerLink {
  delayMs = 0;
  #closed: Deferred<void> | undefined;

  get isCut(): boolean {
    return this.#closed !== undefined;
  }

  set cut(cut: boolean) {
    if (cut) this.#closed ??= deferred<void>();
    else {
      this.#closed?.resolve();
      this.#closed = undefined;
    }
  }

  /** Resolves when something may pass. */
  async passable(): Promise<void> {
    while (this.#closed !== undefined) await this.#closed.promise;
  }
}
