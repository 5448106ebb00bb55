import type { NodeId } from "../../common/brand.ts";
import type { AppendOperation, ReadOperation } from "../history.ts";

/** What a violation is about, for whoever wants to look there. */
export interface ViolationFacts {
  /** The operations that contradict each other, or the log. */
  readonly operations?: readonly (AppendOperation | ReadOperation)[];
  readonly offset?: number;
  readonly index?: number;
  readonly term?: number;
  readonly timeMs?: number;
  readonly nodes?: readonly NodeId[];
}

/** One thing that must not have happened. */
export interface Violation extends ViolationFacts {
  /** Id and name of the check: `K1 lost`. */
  readonly check: string;
  /** One line for people. */
  readonly message: string;
}

/** Enough to see what is wrong; a broken log would otherwise print a book. */
const MAX_KEPT = 20;

/** What one check has found so far. */
export class Findings {
  readonly #check: string;
  readonly #kept: Violation[] = [];
  #others = 0;

  constructor(check: string) {
    this.#check = check;
  }

  add(message: string, facts: ViolationFacts = {}): void {
    if (this.#kept.length < MAX_KEPT) this.#kept.push({ check: this.#check, message, ...facts });
    else this.#others++;
  }

  get all(): readonly Violation[] {
    if (this.#others === 0) return this.#kept;
    return [...this.#kept, { check: this.#check, message: `and ${this.#others} more` }];
  }
}
