import type { NodeId } from "../../common/brand.ts";
import type { TraceEvent } from "../../common/trace.ts";
import type { AppendEntries, AppendEntriesResult, Message } from "../../raft/index.ts";
import type { Passage, Passing } from "../network.ts";
import type { Watcher } from "../world.ts";
import type { CountRareState, RareState } from "./names.ts";

const NOT_ARRIVED: ReadonlySet<Passage> = new Set(["lost", "cut", "overflow", "held"]);
const FARED: Readonly<Partial<Record<Passage, RareState>>> = {
  lost: "message.lost",
  cut: "message.cut",
  overflow: "message.overflow",
  held: "message.toPaused",
  late: "message.late",
};
const CATCH_UP_ENTRIES = 50;

/** How messages fare, and what they say of the ways logs differ. */
export class MessageStates implements Watcher {
  readonly #count: CountRareState;
  readonly #terms = new Map<NodeId, number>();
  /** First entry of the segment that a node began last. */
  readonly #activeFrom = new Map<NodeId, number>();
  /** prevLogIndex that a follower refused last; gone once it accepts. */
  readonly #refused = new Map<NodeId, number>();
  /** Where followers were when a new stream or a refusal made them start over. */
  readonly #from = new Map<NodeId, number>();

  constructor(count: CountRareState) {
    this.#count = count;
  }

  traced({ event, node, term, facts }: TraceEvent): void {
    this.#terms.set(node, term);
    if (event === "segment.rolled") this.#activeFrom.set(node, Number(facts["firstIndex"]));
  }

  passing({ from, to, message: { message, frames }, passage }: Passing): void {
    this.#fared(passage, message, frames.length > 0);
    if (NOT_ARRIVED.has(passage)) return;
    switch (message.type) {
      case "AppendEntries":
        return this.#append(from, to, message, frames.length > 0);
      case "AppendEntriesResult":
        return this.#result(from, message);
      case "RequestVoteResult":
        if (message.voteGranted && !message.preVote && message.term < this.#termOf(to))
          this.#count("message.oldVoteResult");
        return;
      case "ReadIndex":
        return this.#count("read.forwarded");
      case "ReadIndexResult":
        if (message.readIndex === undefined) this.#count("read.forwardRefused");
        return;
      case "RequestVote":
        return;
      default:
    }
  }

  #fared(passage: Passage, message: Message, entries: boolean): void {
    const fared = FARED[passage];
    if (fared !== undefined) return this.#count(fared);
    if (passage === "overtaken" && entries) return this.#count("message.overtakenAppend");
    if (passage !== "duplicate") return;
    if (message.type.startsWith("RequestVote")) this.#count("message.duplicateVote");
    else if (message.type === "AppendEntriesResult") this.#count("message.duplicateResult");
    else if (entries) this.#count("message.duplicateAppend");
  }

  #append(from: NodeId, to: NodeId, message: AppendEntries, entries: boolean): void {
    const refusedAt = this.#refused.get(to);
    if (refusedAt !== undefined && message.prevLogIndex < refusedAt)
      this.#count("replication.backtracked");
    if (message.term < this.#termOf(to)) this.#count("message.oldTermAppend");
    if (!entries) return;
    if (message.prevLogIndex + 1 < (this.#activeFrom.get(from) ?? 0))
      this.#count("replication.fromSealed");
  }

  #result(from: NodeId, { conflict, matchIndex }: AppendEntriesResult): void {
    if (conflict === undefined) {
      this.#refused.delete(from);
      const began = this.#from.get(from);
      if (began === undefined || matchIndex - began < CATCH_UP_ENTRIES) return;
      this.#from.delete(from);
      return this.#count("replication.catchUp");
    }
    const shorter = conflict.conflictTerm === undefined;
    this.#count(shorter ? "replication.rejectedShort" : "replication.rejectedConflict");
    if (this.#refused.has(from)) this.#count("replication.rejectedTwice");
    this.#refused.set(from, conflict.prevLogIndex);
    this.#from.set(from, conflict.conflictIndex);
  }

  #termOf(nodeId: NodeId): number {
    return this.#terms.get(nodeId) ?? 0;
  }
}
