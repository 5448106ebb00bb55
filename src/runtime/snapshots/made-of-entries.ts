import { decodeStateImage } from "../../statemachine/checkpoint-state.ts";
import type { LogState } from "../../statemachine/log-state.ts";
import type { Checkpoint } from "../../storage/snapshots/types.ts";
import type { LogStore } from "../../storage/types.ts";
import type { Applier } from "../applier.ts";
import type { CoreLoop } from "../core-loop.ts";
import type { LogLife } from "../lifecycle/log-life.ts";
import type { LogReader } from "../log-reader.ts";
import type { ReadGate } from "../read-gate.ts";

/** What a member has made of its log's entries, and who must hear when a snapshot replaces some. */
export interface MadeOfEntries {
  readonly state: LogState;
  readonly log: Pick<LogStore, "faulty">;
  readonly loop: Pick<CoreLoop, "post">;
  readonly applier: Pick<Applier, "reset" | "prefixReplaced">;
  readonly life: Pick<LogLife, "logReplaced" | "prefixReplaced">;
  readonly reads: Pick<ReadGate, "applied">;
  readonly reader: Pick<LogReader, "applied">;
}

/** A snapshot took the place of the log: what was made of its entries is that of then. */
export function logReplaced(made: MadeOfEntries, { start, state: image }: Checkpoint): void {
  const { applier, life, state } = made;
  const { last, nextOffset } = start;
  state.install(decodeStateImage(image), { index: last.index, nextOffset });
  applier.reset();
  life.logReplaced();
  tell(made);
}

/** It took the place of a prefix; what is applied may reach further. */
export function prefixReplaced(made: MadeOfEntries, { start, state: image }: Checkpoint): void {
  const { applier, life, state } = made;
  const { last, nextOffset } = start;
  if (state.appliedIndex < last.index)
    state.install(decodeStateImage(image), { index: last.index, nextOffset });
  life.prefixReplaced(last.index);
  tell(made);
  applier.prefixReplaced(last.index);
}

function tell({ log, loop, reader, reads, state }: MadeOfEntries): void {
  reads.applied(state.appliedIndex);
  reader.applied(false);
  loop.post({ type: "faultyChanged", first: log.faulty[0]?.index });
}
