import type { Cancel, Scheduler } from "../../common/scheduler.ts";
import { LogError } from "../../common/errors.ts";
import type { AppendGate, UpkeepEntry } from "../append-gate.ts";
import { decideRetention, type RetentionInput } from "./retention.ts";

/** How often the policy is looked at, traffic or none; every seal is another occasion. */
const LOOK_EVERY_MS = 1000;

export interface PolicyParts {
  readonly appends: Pick<AppendGate, "open" | "appendUpkeep">;
  readonly scheduler: Scheduler;
  /** What the leader knows now; absent before the log has settings. */
  readonly input: () => RetentionInput | undefined;
  /** A second has passed: what was tried in vain may go now. */
  readonly ticked: () => void;
}

/**
 * The leader's side: looks every second whether something should go, and appends the entries that
 * say so to all nodes. One at a time; what is refused or lost is seen again at the next look.
 */
export class Policy {
  readonly #parts: PolicyParts;
  #outstanding = false;
  #cancel: Cancel | undefined;
  #stopped = false;

  constructor(parts: PolicyParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#cancel = this.#parts.scheduler.after(LOOK_EVERY_MS, () => {
      if (this.#stopped) return;
      this.#parts.ticked();
      this.look();
      this.start();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  look(): void {
    const { appends, input } = this.#parts;
    if (this.#outstanding || this.#stopped || !appends.open) return;
    const known = input();
    if (known === undefined) return;
    const entries = entriesFor(known);
    if (entries.length === 0) return;
    this.#outstanding = true;
    const over = () => (this.#outstanding = false);
    appends.appendUpkeep(entries).then(over, (thrown: unknown) => {
      over();
      if (!(thrown instanceof LogError)) throw thrown;
    });
  }
}

function entriesFor(input: RetentionInput): readonly UpkeepEntry[] {
  const { roll, snapshot, trim } = decideRetention(input);
  const entries: UpkeepEntry[] = [];
  if (snapshot !== undefined) entries.push({ control: "snapshot", index: snapshot });
  if (trim !== undefined) entries.push({ control: "trim", logStartOffset: trim });
  // Last: the entry behind it begins the next segment, so that this one ends at once. By
  // `segment.ms` any entry does.
  if (roll !== undefined && roll !== "segment.ms") entries.push({ control: "roll" });
  if (roll !== undefined) entries.push("noop");
  return entries;
}
