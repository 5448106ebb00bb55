export { everyBoundary, type StoppedRun } from "./boundaries.ts";
export { type CrashOutcome, crashOutcomes, type OutcomeLimits } from "./crash-outcomes.ts";
export {
  ALL_KEPT,
  ALL_LOST,
  type CrashPolicy,
  type Fate,
  type Filling,
  randomFates,
  SECTOR_BYTES,
  type Torn,
} from "./fate.ts";
export type { Fault } from "./faults.ts";
export type { BoundarySide, Latencies, OperationRecord, Timing } from "./operations.ts";
export { type PendingFileChange, SimDisk } from "./sim-disk.ts";
