import type { LogIndex, NodeId, Term } from "../../common/brand.ts";
import type { RaftStatus } from "../../raft/index.ts";

/** Until then somebody else may have the entry, and say so. */
const ASKED_BEFORE_GIVING = 3;
/** A repairer asks for far fewer at a time. */
const MAX_COUNTED = 256;

export interface MendingPorts {
  /** `prev` of the log as it is now. */
  readonly prevIndex: () => LogIndex;
  readonly raft: () => Pick<RaftStatus, "currentTerm" | "leaderId">;
  /** Sends it the snapshot that fits this node's log. */
  readonly give: (leader: { readonly to: NodeId; readonly term: Term }) => void;
}

/**
 * Gives this node's leader a snapshot when it goes on asking for an entry that this node has let go
 * of: where all that are up have, and the leader's log is the longest of them, nobody else can lead
 * and send it one (docs/repair.md).
 */
export class LeaderMending {
  readonly #ports: MendingPorts;
  #from: NodeId | undefined;
  readonly #asked = new Map<LogIndex, number>();

  constructor(ports: MendingPorts) {
    this.#ports = ports;
  }

  /** `from` asks for the entry at `index`, which is damaged there. */
  asked(from: NodeId, index: LogIndex): void {
    const { prevIndex, raft, give } = this.#ports;
    if (index > prevIndex()) return;
    const { currentTerm: term, leaderId } = raft();
    if (leaderId !== from) return;
    if (this.#from !== from || this.#asked.size >= MAX_COUNTED) this.#asked.clear();
    this.#from = from;
    const times = (this.#asked.get(index) ?? 0) + 1;
    this.#asked.set(index, times);
    if (times < ASKED_BEFORE_GIVING) return;
    this.#asked.clear();
    give({ to: from, term });
  }
}
