import type { LogIndex, Term } from "../../common/brand.ts";

/**
 * - `mend`: can be put right from what lies on this disk; done if that was asked for.
 * - `start`: the next start of the node puts it right, and nothing is lost meanwhile.
 * - `peers`: the entry keeps its identity, or the file its name in a manifest; the node gets the
 *   bytes from another one.
 * - `stuck`: neither; the node does not start, or not as a voter.
 */
export type RepairKind = "mend" | "start" | "peers" | "stuck";

/** One thing that is not as it should be, and who can put it right. */
export interface RepairFinding {
  readonly kind: RepairKind;
  readonly file: string;
  /** First byte concerned; absent where the whole file is. */
  readonly byte: number | undefined;
  readonly index: LogIndex | undefined;
  readonly term: Term | undefined;
  readonly what: string;
}

export function finding(
  kind: RepairKind,
  file: string,
  what: string,
  place: { readonly byte?: number; readonly index?: LogIndex; readonly term?: Term } = {},
): RepairFinding {
  return { kind, file, byte: place.byte, index: place.index, term: place.term, what };
}

/** What the pieces of an offline repair share. */
export interface RepairWork {
  /** False: nothing is written. */
  readonly apply: boolean;
  readonly found: RepairFinding[];
}
