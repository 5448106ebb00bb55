import type { RunRecord } from "../history.ts";
import { Findings, type Violation } from "./violation.ts";

/** One thing that must hold in every run. */
export interface Check {
  /** `K1` to `K21` of the list, `F1` to `F5` for the properties of the paper's Figure 3. */
  readonly id: string;
  readonly name: string;
  /** What must hold, as a sentence. */
  readonly sentence: string;
  /** What it cannot look at in this record, one line each: not looked at is not passed. */
  readonly unseen: (record: RunRecord) => readonly string[];
  /** A function of the record alone. */
  readonly violations: (record: RunRecord) => readonly Violation[];
}

/** A check as its file writes it: `look` adds what it finds. */
export interface CheckDefinition extends Omit<Check, "violations"> {
  readonly look: (record: RunRecord, found: Findings) => void;
}

export function defineCheck({ id, name, sentence, unseen, look }: CheckDefinition): Check {
  const violations = (record: RunRecord): readonly Violation[] => {
    const found = new Findings(`${id} ${name}`);
    look(record, found);
    return found.all;
  };
  return { id, name, sentence, unseen, violations };
}
