import { assert } from "../../src/common/assert.ts";
import type { NodeId } from "../../src/common/brand.ts";
import type { RaftEvent } from "../../src/raft/events.ts";
import { InvariantChecker } from "../../src/raft/invariant-checker.ts";
import { Raft } from "../../src/raft/raft.ts";
import type { HardState } from "../../src/raft/types.ts";

/** Watches the cores of one world after the other: for what neither clients nor traces show. */
export interface CoreWatch {
  /** Another world begins: its nodes have the same names and other disks. */
  newWorld(): void;
}

/**
 * From now on every core of this process is judged after every step, as in the core's own tests;
 * and at every start, by the term and the vote that it was told to be on its disk. What breaks a
 * rule ends its node, as a broken assertion does.
 */
export function watchCores(): CoreWatch {
  const checkers = new WeakMap<Raft, InvariantChecker>();
  const durable = new Map<NodeId, HardState>();
  const step = Object.getOwnPropertyDescriptor(Raft.prototype, "step")?.value as Raft["step"];
  Raft.prototype.step = function watched(this: Raft, nowMs, event) {
    const before = this.status();
    const checker = checkers.get(this) ?? new InvariantChecker(before);
    checkers.set(this, checker);
    followHardState(durable, before.nodeId, event);
    const effects = step.call(this, nowMs, event);
    checker.stepped(event, effects, this.status());
    return effects;
  };
  return { newWorld: () => durable.clear() };
}

function followHardState(durable: Map<NodeId, HardState>, nodeId: NodeId, event: RaftEvent): void {
  if (event.type !== "started" && event.type !== "hardStatePersisted") return;
  const known = durable.get(nodeId);
  const { currentTerm, votedFor } = event.hardState;
  if (event.type === "started" && known !== undefined) {
    assert(
      currentTerm >= known.currentTerm,
      `${nodeId}: a durable term is there at the next start`,
    );
    const sameVote = known.votedFor === undefined || known.votedFor === votedFor;
    assert(
      currentTerm > known.currentTerm || sameVote,
      `${nodeId}: a durable vote is there at the next start`,
    );
  }
  durable.set(nodeId, event.hardState);
}
