export { type PrefixOptions, openCompactedPrefix } from "./prefix.ts";
export type { PrefixRecord } from "./prefix-boot.ts";
export type { RunPorts } from "./run-ports.ts";
export { type CompactionResult, type CompactionTask, runCompaction } from "./task.ts";
export * from "./types.ts";
export { type CompactionWorkers, inlineWorkers } from "./workers.ts";
