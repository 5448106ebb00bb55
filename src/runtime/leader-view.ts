import { type NodeId, Term } from "../common/brand.ts";
import { LogError, type LogErrorDetails } from "../common/errors.ts";
import type { RejectReason, Role } from "../raft/types.ts";

/** Who leads, as this node sees it now, and the errors that say so to clients. */
export class LeaderView {
  readonly #clientAddresses: ReadonlyMap<NodeId, string>;
  readonly #voters: readonly NodeId[];
  role: Role = "follower";
  term = Term(0);
  leaderId: NodeId | undefined;

  constructor(voters: readonly NodeId[], clientAddresses: ReadonlyMap<NodeId, string>) {
    this.#voters = voters;
    this.#clientAddresses = clientAddresses;
  }

  /** What a client is told when this node does not do what only a leader can. */
  refusal(reason: RejectReason = "notLeader"): LogError {
    if (reason === "backpressure")
      return new LogError("BACKPRESSURE", "too many bytes wait for a majority", {
        term: this.term,
        hint: "send again a little later, or send less at a time",
      });
    if (reason === "storageFull")
      return new LogError("STORAGE_FULL", "too little disk space is left on a majority", {
        term: this.term,
        hint: "free space on the nodes' disks; appends go on by themselves",
      });
    if (reason === "leaderNotReady" || this.role === "leader")
      return new LogError("UNAVAILABLE", "the leader of this term is not ready yet", {
        term: this.term,
        hint: "its first entry waits for a majority; try again",
      });
    if (this.leaderId === undefined) return this.noQuorum();
    return new LogError("NOT_LEADER", `the leader is ${this.leaderId}`, this.#hint(this.leaderId));
  }

  /** A majority does not answer, or an election is under way. */
  noQuorum(): LogError {
    const majority = Math.floor(this.#voters.length / 2) + 1;
    return new LogError("NO_QUORUM", "no leader is known", {
      term: this.term,
      hint: `a leader needs ${majority} of ${this.#voters.join(", ")}; try again`,
    });
  }

  /** An append was stamped here, and whether it commits is now up to another leader. */
  lost(): LogError {
    return new LogError("NOT_LEADER", "leadership was lost before the append was committed", {
      outcome: "unknown",
      term: this.term,
      leader: this.leaderId === undefined ? undefined : this.#clientAddresses.get(this.leaderId),
      hint: "look for the record from the last acknowledged offset on before sending it again",
    });
  }

  #hint(leaderId: NodeId): LogErrorDetails {
    return { term: this.term, leader: this.#clientAddresses.get(leaderId) };
  }
}
