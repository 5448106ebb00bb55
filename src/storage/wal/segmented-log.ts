import type { FileSystem } from "../file-system.ts";
import type { HardStateStore, LogListener, LogStore } from "../types.ts";
import { FilePool } from "./file-pool.ts";
import { recoverLog } from "./recovery/recover-log.ts";
import { SegmentDisk } from "./segment-disk.ts";
import { WriteAheadLog } from "./write-ahead-log.ts";

/** What the log stands on. */
export interface SegmentedLogOptions {
  readonly fileSystem: FileSystem;
  /** The folder of the segments; created when it is absent. */
  readonly directory: string;
  /** Term, vote and manifest; the log reads and updates only the manifest in it. */
  readonly hardState: HardStateStore;
  /** Chain value before the first entry: `initialChain(cluster)`. */
  readonly chainSeed: number;
  readonly listener: LogListener;
  /** What recovery mended, one sentence each, is added here. */
  readonly notes: string[];
}

/**
 * Opens and recovers the segmented write-ahead log.
 * @throws FatalError("corruption") naming file and byte where damage is found, FatalError("config")
 *   for foreign files and unknown formats, FatalError("io") when the disk fails.
 */
export async function openSegmentedLog(options: SegmentedLogOptions): Promise<LogStore> {
  const { fileSystem, directory, hardState, chainSeed, listener, notes } = options;
  const pool = new FilePool(fileSystem);
  const disk = new SegmentDisk(fileSystem, directory, hardState, pool);
  const recovered = await recoverLog({
    fileSystem,
    directory,
    manifest: hardState.current,
    chainSeed,
    disk,
    notes,
  });
  return new WriteAheadLog({ recovered, fileSystem, disk, pool, listener });
}
