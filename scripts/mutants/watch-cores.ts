import { InvariantChecker } from "../../src/raft/invariant-checker.ts";
import { Raft } from "../../src/raft/raft.ts";

/**
 * From now on every core of this process is judged after every step, as in the core's own tests.
 * What breaks a rule ends its node, as a broken assertion does.
 */
export function watchCores(): void {
  const checkers = new WeakMap<Raft, InvariantChecker>();
  const step = Object.getOwnPropertyDescriptor(Raft.prototype, "step")?.value as Raft["step"];
  Raft.prototype.step = function watched(this: Raft, nowMs, event) {
    const checker = checkers.get(this) ?? new InvariantChecker(this.status());
    checkers.set(this, checker);
    const effects = step.call(this, nowMs, event);
    checker.stepped(event, effects, this.status());
    return effects;
  };
}
