import type { LogIndex } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import type { FileSystem } from "../file-system.ts";
import type { CheckpointStore, LogStart } from "../snapshots/types.ts";
import type { HardStateRecord, HardStateStore, LogListener, LogStore } from "../types.ts";
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
  /** The checkpoint at the end of what is gone tells how the log goes on. Absent: none is kept. */
  readonly checkpoints?: CheckpointStore;
  /** What recovery mended, one sentence each, is added here. */
  readonly notes: string[];
}

/**
 * Opens and recovers the segmented write-ahead log.
 * @throws FatalError("corruption") naming file and byte where damage is found, FatalError("config")
 *   for foreign files and unknown formats, FatalError("io") when the disk fails.
 */
export async function openSegmentedLog(options: SegmentedLogOptions): Promise<LogStore> {
  const { fileSystem, directory, hardState, chainSeed, listener, checkpoints, notes } = options;
  const pool = new FilePool(fileSystem);
  const disk = new SegmentDisk(fileSystem, directory, hardState, pool);
  await fileSystem.makeDirectory(directory);
  const { reset } = hardState.current;
  if (reset !== undefined) {
    const { log, index } = await disk.finishReset(reset);
    await log.close();
    await index.close();
    notes.push(`${directory}: made anew behind entry ${reset.last.index}: that had been begun`);
  }
  const recovered = await recoverLog({
    fileSystem,
    directory,
    manifest: hardState.current,
    chainSeed,
    origin: await originOf(hardState.current, checkpoints),
    disk,
    notes,
  });
  const checkpointAt = (index: LogIndex): boolean =>
    checkpoints?.list().some((each) => each.index === index && each.damage === undefined) ?? true;
  return new WriteAheadLog({ recovered, fileSystem, disk, pool, listener, checkpointAt });
}

/** Where the oldest segment begins, as the checkpoint before it says; absent where none does. */
async function originOf(
  { firstSegment }: HardStateRecord,
  checkpoints: CheckpointStore | undefined,
): Promise<LogStart | undefined> {
  const index = ((firstSegment?.firstIndex ?? 1) - 1) as LogIndex;
  if (index === 0 || checkpoints === undefined) return undefined;
  try {
    return (await checkpoints.read(index))?.start;
  } catch (thrown) {
    if (thrown instanceof LogError) return undefined;
    throw thrown;
  }
}
