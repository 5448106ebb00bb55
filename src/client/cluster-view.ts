import type { ErrorCode, LogError } from "../common/errors.ts";

/** Who leads, as far as a node has told. */
export interface LeaderInfo {
  readonly id: string;
  readonly term: number;
}

/** Errors of a node that leads all the same: asking another would only lead back. */
const STAY: ReadonlySet<ErrorCode> = new Set(["BACKPRESSURE", "STORAGE_FULL", "PRODUCER_FENCED"]);

/**
 * Where to send what: the leader's address when a node has named it, else the endpoints in turn.
 * Addresses learned from hints are tried too, so one reachable endpoint is enough to begin.
 */
export class ClusterView {
  readonly #addresses: string[];
  readonly #listeners = new Set<(leader: LeaderInfo) => void>();
  #next: number;
  #leaderAddress: string | undefined;
  #leader: LeaderInfo | undefined;

  /** `first` (0 or more) says with which endpoint to begin: clients spread over the members. */
  constructor(endpoints: readonly string[], first: number) {
    this.#addresses = [...endpoints];
    this.#next = first % endpoints.length;
  }

  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** Where an append goes next. */
  leaderOrNext(): string {
    return this.#leaderAddress ?? this.anyMember();
  }

  /** Where a read goes next; stays the same until {@link avoid}. */
  anyMember(): string {
    return this.#addresses[this.#next] as string;
  }

  /** A read at `address` failed: the next one goes elsewhere. */
  avoid(address: string): void {
    if (address === this.anyMember()) this.#next = (this.#next + 1) % this.#addresses.length;
  }

  /**
   * A call to `address`, taken for the leader, failed. True when the answer named another leader:
   * it may be tried at once.
   */
  leaderFailed(address: string, error: LogError): boolean {
    if (STAY.has(error.code)) return false;
    const { leader } = error;
    const named = leader !== undefined && leader !== address && leader !== this.#leaderAddress;
    this.#leaderAddress = leader === address ? undefined : leader;
    if (leader !== undefined && !this.#addresses.includes(leader)) this.#addresses.push(leader);
    if (leader === undefined) this.avoid(address);
    return named;
  }

  /** A node said that it leads. */
  leaderFound(address: string, leader: LeaderInfo): void {
    this.#leaderAddress = address;
    const known = this.#leader;
    if (known !== undefined && (known.term > leader.term || sameLeader(known, leader))) return;
    this.#leader = leader;
    for (const listener of this.#listeners) listener(leader);
  }

  onLeader(listener: (leader: LeaderInfo) => void): void {
    this.#listeners.add(listener);
  }
}

function sameLeader(a: LeaderInfo, b: LeaderInfo): boolean {
  return a.id === b.id && a.term === b.term;
}
