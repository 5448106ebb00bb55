import type { LogIndex, NodeId } from "../common/brand.ts";

/** Who asked for a read index: a client of this node, or a follower for one of its own. */
export interface ReadOrigin {
  /** Absent: this node. */
  readonly from: NodeId | undefined;
  readonly requestId: number;
}

export interface PendingRead {
  readonly origin: ReadOrigin;
  /** commitIndex when the read arrived: the least that the answer must reflect. */
  readonly index: LogIndex;
  /** The round that a majority must echo first. */
  readonly round: number;
}

/**
 * Reads of one leadership (thesis 6.4). One round is under way at a time; what arrives meanwhile
 * shares the next one, so any number of reads costs one exchange.
 */
export class ReadRounds {
  #started = 0;
  #confirmed = 0;
  #early: ReadOrigin[] = [];
  #pending: PendingRead[] = [];

  /** Highest round started. */
  get started(): number {
    return this.#started;
  }

  get underWay(): boolean {
    return this.#started > this.#confirmed;
  }

  /** Before the no-op is committed, commitIndex may lag what an earlier leader acknowledged. */
  addEarly(origin: ReadOrigin): void {
    this.#early.push(origin);
  }

  takeEarly(): readonly ReadOrigin[] {
    const early = this.#early;
    this.#early = [];
    return early;
  }

  add(origin: ReadOrigin, index: LogIndex): void {
    this.#pending.push({ origin, index, round: this.#started + 1 });
  }

  /** @returns whether a round begins: something waits and no round is under way. */
  begin(): boolean {
    if (this.underWay || this.#pending.length === 0) return false;
    this.#started++;
    return true;
  }

  /** Begins a round that no read needs: whoever echoes it spoke after this moment. */
  advance(): void {
    this.#started++;
  }

  /** A majority echoed the round under way. @returns the reads that waited for it. */
  confirm(): readonly PendingRead[] {
    this.#confirmed = this.#started;
    const waiting = this.#pending.findIndex(({ round }) => round > this.#confirmed);
    return this.#pending.splice(0, waiting < 0 ? this.#pending.length : waiting);
  }

  /** Everything not answered yet: the leadership is over. */
  drain(): readonly ReadOrigin[] {
    const pending = this.#pending.map(({ origin }) => origin);
    this.#pending = [];
    return [...this.takeEarly(), ...pending];
  }
}
