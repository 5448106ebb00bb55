import type { DataDirectory } from "../storage/types.ts";
import type { PeerGate } from "./peer-gate.ts";
import type { ProposalMetrics } from "./proposal-metrics.ts";
import type { Tracer } from "./tracer.ts";

/** What a member is given by its node. */
export interface MemberParts {
  readonly directory: DataDirectory;
  readonly gate: PeerGate;
  readonly tracer: Tracer;
  readonly proposals: ProposalMetrics;
  /** A checkpoint became durable, after so long. */
  readonly checkpointed: (durationMs: number) => void;
  readonly changed: () => void;
  readonly fail: (thrown: unknown) => void;
}
