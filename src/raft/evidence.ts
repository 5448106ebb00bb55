import type { LogIndex, NodeId } from "../common/brand.ts";

/** Who does not have the lowest faulty entry of a leader that repairs its log before its no-op. */
export class Evidence {
  #index: LogIndex | undefined;
  #voters = new Set<NodeId>();

  /** @returns how many voters by now, `voter` among them, do not have the entry at `index`. */
  add(index: LogIndex, voter: NodeId): number {
    if (index !== this.#index) this.#voters = new Set();
    this.#index = index;
    return this.#voters.add(voter).size;
  }
}
