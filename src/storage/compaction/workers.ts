import {
  compressFile,
  type CompressionResult,
  type CompressionTask,
} from "../compression/compress-file.ts";
import { type CompactionResult, type CompactionTask, runCompaction } from "./task.ts";
import type { RunPorts } from "./run-ports.ts";

/** Where files are compacted and compressed: on this thread, or on others. */
export interface CompactionWorkers {
  /**
   * Carries out one task; several may run at once, as far as there are threads.
   * @throws LogError ABORTED when `signal` says so; FatalError("io")
   */
  run(task: CompactionTask, signal?: AbortSignal): Promise<CompactionResult>;
  /** The same, for a file that is to be compressed. */
  compress(task: CompressionTask, signal?: AbortSignal): Promise<CompressionResult>;
  close(): Promise<void>;
}

/** Runs on the thread of the caller, with its file system: simulator and tests. */
export function inlineWorkers(ports: RunPorts): CompactionWorkers {
  return {
    run: (task, signal) => runCompaction(task, ports, signal),
    compress: (task, signal) => compressFile(task, ports, signal),
    close: () => Promise.resolve(),
  };
}
