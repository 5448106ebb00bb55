import type { LogIndex } from "../common/brand.ts";
import {
  type CompactedPrefix,
  inlineWorkers,
  openCompactedPrefix,
} from "../storage/compaction/index.ts";
import { DEFAULT_BLOCK_BYTES } from "../storage/compression/head.ts";
import { DEFAULT_SPACE_MARKS } from "../storage/index.ts";
import { join, LOG_DIRECTORY, SNAPSHOT_DIRECTORY } from "../storage/layout.ts";
import type { DataDirectory, LogListener, LogStore } from "../storage/types.ts";
import { batchCodec } from "./batch-codec.ts";
import { Compressor, type CompressorParts } from "./lifecycle/compressor.ts";
import { type RestoredState, restoreState } from "./lifecycle/restored-state.ts";
import { fetchStartCheckpoint } from "./mending/start-checkpoint.ts";
import type { NodeOptions, NodePorts } from "./node-options.ts";
import type { Tracer } from "./tracer.ts";

/** All that a disk says of the log: entries, compacted prefix, and the state to go on from. */
export interface RecoveredLog {
  readonly log: LogStore;
  readonly compacted: CompactedPrefix;
  /** Absent: this node compresses nothing. */
  readonly compressor: Compressor | undefined;
  readonly restored: RestoredState;
  readonly notes: readonly string[];
}

/**
 * Recovers the log, then its compacted prefix, then the state of the newest intact checkpoint.
 * @param damaged damage was met in the compacted prefix; others can mend it, if there are any.
 * @throws FatalError("corruption") naming the place
 */
export async function recoverLog(
  options: NodeOptions,
  ports: NodePorts,
  directory: DataDirectory,
  listener: LogListener,
  tracer: Pick<Tracer, "tell">,
  damaged: () => void,
): Promise<RecoveredLog> {
  const { fileSystem, scheduler } = ports;
  const log = await directory.openLog(listener);
  const notes: string[] = [];
  const offsetAfter = (index: LogIndex) =>
    index <= log.start.last.index ? log.start.nextOffset : log.offsetAfter(index);
  const pause = (delayMs: number) =>
    new Promise<void>((resolve) => void scheduler.after(delayMs, () => resolve()));
  const workers =
    ports.compactionWorkers ?? inlineWorkers({ fileSystem, codec: batchCodec, pause });
  const compacted = await openCompactedPrefix({
    fileSystem,
    directory: join(options.dataDirectory, SNAPSHOT_DIRECTORY),
    logDirectory: join(options.dataDirectory, LOG_DIRECTORY),
    hardState: directory.hardState,
    bytesPerSecond: options.cleanerBytesPerSecond ?? 0,
    workers,
    notes,
    mending: options.voters.length > 1 ? { offsetAfter, met: damaged } : undefined,
  });
  const { checkpoints } = directory;
  const peers = options.voters.filter((voter) => voter !== options.nodeId);
  const { transport } = ports;
  await fetchStartCheckpoint({ log, checkpoints, transport, tracer, peers, pause });
  const voters = directory.identity.current.cluster?.voters ?? [];
  const restored = await restoreState(log, checkpoints, voters);
  const compressor =
    options.compressionType === "deflate"
      ? compressorOf(options, { log, compacted, workers })
      : undefined;
  return { log, compacted, compressor, restored, notes: [...directory.notes, ...notes] };
}

function compressorOf(
  { dataDirectory, space = DEFAULT_SPACE_MARKS, ...options }: NodeOptions,
  parts: Pick<CompressorParts, "log" | "compacted" | "workers">,
): Compressor {
  return new Compressor({
    ...parts,
    logDirectory: join(dataDirectory, LOG_DIRECTORY),
    snapshotDirectory: join(dataDirectory, SNAPSHOT_DIRECTORY),
    threads: options.cleanerThreads ?? 1,
    blockBytes: options.compressionBlockBytes ?? DEFAULT_BLOCK_BYTES,
    keepFreeBytes: space.lowBytes + space.reserveBytes,
    bytesPerSecond: options.cleanerBytesPerSecond ?? 0,
  });
}
