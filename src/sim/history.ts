/** What one client did and was told: the checkers' input, next to the logs. */
export interface AppendOperation {
  readonly client: string;
  /** Values of the batch's records, unique in the whole run. */
  readonly values: readonly string[];
  readonly invokedMs: number;
  settledMs: number | undefined;
  /** `unknown` until told otherwise, and for ever when nobody tells. */
  outcome: "acknowledged" | "failed" | "unknown";
  /** Offset of the first record, when acknowledged. */
  offset: number | undefined;
}

/** One node's committed log as a reader sees it. */
export interface ReadLog {
  readonly nodeId: string;
  readonly entries: readonly ReadEntry[];
}

export interface ReadEntry {
  readonly index: number;
  readonly term: number;
  readonly chain: number;
  readonly baseOffset: number;
  readonly values: readonly string[];
}
