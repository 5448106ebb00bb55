import type { Offset } from "../../common/brand.ts";
import { assert } from "../../common/assert.ts";
import { join } from "../layout.ts";
import { compactedName } from "./compacted-name.ts";
import { FileDamage } from "./file-damage.ts";
import { type Fold, type FoldContext, runFold } from "./fold.ts";
import { type CompactedInput, compactedInput, type FoldInput } from "./fold-input.ts";
import type { CompactedFile, Cover, Manifest } from "./manifest.ts";
import { writeManifest } from "./manifest-file.ts";
import { UnfinishedFiles } from "./output-files.ts";
import { dirtyRatio, planCompaction } from "./plan.ts";
import { RunBudget } from "./run-budget.ts";
import type { RunPorts } from "./run-ports.ts";
import type { CompactionOrder } from "./types.ts";

/** A run as plain data: it can cross to a worker thread. */
export interface CompactionTask {
  /** Where compacted files and manifests lie. */
  readonly directory: string;
  readonly order: CompactionOrder;
  /** Compacted files, then sealed segments, in the order of their offsets. */
  readonly inputs: readonly FoldInput[];
  /** Offset after the records of entry `order.index`. */
  readonly nextOffset: Offset;
  readonly cleanTo: Offset;
  readonly covers: readonly Cover[];
  /** Bound of the key table: more keys take more passes. */
  readonly keyTableBytes: number;
  /** Read and written together; 0: as fast as it goes. */
  readonly bytesPerSecond: number;
}

export interface RunCounters {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly bytesFolded: number;
  readonly recordsDropped: number;
}

/** `done`: files and manifest are durable; the hard state is the caller's. */
export type CompactionResult =
  | { readonly kind: "done"; readonly manifest: Manifest; readonly counters: RunCounters }
  | { readonly kind: "skipped"; readonly dirtyRatio: number }
  | {
      readonly kind: "damaged";
      readonly path: string;
      readonly position: number;
      readonly what: string;
    };

/** Snapshots remembered for the age of tombstones; the oldest two become one beyond it. */
const MAX_COVERS = 1024;

/**
 * Carries out `task`. When it fails, nothing but unfinished files is left, and those only where
 * they could not be removed.
 * @throws LogError ABORTED, FatalError("io")
 */
export async function runCompaction(
  task: CompactionTask,
  ports: RunPorts,
  signal?: AbortSignal,
): Promise<CompactionResult> {
  const { directory, order, inputs, cleanTo } = task;
  const ratio = dirtyRatio(inputs, cleanTo);
  if (inputs.length > 0 && ratio < order.rules.minCleanableDirtyRatio)
    return { kind: "skipped", dirtyRatio: ratio };
  const budget = new RunBudget(ports.pause, task.bytesPerSecond, signal);
  const files = new UnfinishedFiles(ports.fileSystem, directory, order.index);
  const covers = withCover(task);
  const context = { ...ports, ...task, covers, budget, files };
  try {
    const folded = await runSteps(context);
    budget.check();
    const named = await nameFiles(task, ports, files, folded.outputs);
    const manifest = {
      index: order.index,
      nextOffset: task.nextOffset,
      cleanTo: folded.cleanTo,
      logStartOffset: Math.min(order.logStartOffset, task.nextOffset) as Offset,
      covers: pruned(covers, order),
      files: named,
    };
    await writeManifest(ports.fileSystem, directory, manifest);
    const { bytesRead, bytesWritten } = budget;
    const { recordsDropped } = folded;
    const bytesFolded = sealedBytes(inputs);
    const counters = { bytesRead, bytesWritten, bytesFolded, recordsDropped };
    return { kind: "done", manifest, counters };
  } catch (thrown) {
    await files.removeAll();
    if (!(thrown instanceof FileDamage)) throw thrown;
    const { path, position, what } = thrown;
    return { kind: "damaged", path, position, what };
  }
}

interface Folded {
  readonly outputs: readonly CompactedInput[];
  readonly recordsDropped: number;
  readonly cleanTo: Offset;
}

async function runSteps(context: FoldContext & CompactionTask): Promise<Folded> {
  const outputs: CompactedInput[] = [];
  let recordsDropped = 0;
  let { cleanTo } = context;
  /** Everything so far is in one fold, or there was nothing. */
  let oldest = true;
  for (const step of planCompaction(context)) {
    if (step.kind === "keep") outputs.push(step.input);
    else {
      const result = await runFold(context, step.fold, oldest);
      outputs.push(...settled(step.fold, result.outputs));
      recordsDropped += result.recordsDropped;
      if (oldest) cleanTo = newCleanTo(cleanTo, step.fold, result.firstSuperseded);
    }
    oldest = false;
  }
  return { outputs, recordsDropped, cleanTo };
}

/** The oldest fold has compared everything below its end with each other. */
function newCleanTo(cleanTo: Offset, { inputs }: Fold, firstSuperseded: number): Offset {
  const end = Math.max(cleanTo, inputs.at(-1)?.nextOffset ?? 0);
  return Math.min(end, firstSuperseded) as Offset;
}

function settled(fold: Fold, outputs: readonly CompactedInput[]): readonly CompactedInput[] {
  if (!fold.settles) return outputs;
  return outputs.map((output) => ({ ...output, file: { ...output.file, settled: true } }));
}

function sealedBytes(inputs: readonly FoldInput[]): number {
  let sum = 0;
  for (const { kind, bytes } of inputs) if (kind === "sealed") sum += bytes;
  return sum;
}

/** Gives unfinished files their names, durably; those that stayed have theirs. */
async function nameFiles(
  { directory, order }: CompactionTask,
  { fileSystem }: RunPorts,
  files: UnfinishedFiles,
  outputs: readonly CompactedInput[],
): Promise<readonly CompactedFile[]> {
  const named: CompactedFile[] = [];
  for (const { path, file } of outputs) {
    if (!files.has(path)) {
      named.push(file);
      continue;
    }
    const name = compactedName(file.baseOffset, order.index);
    assert(!outputs.some((other) => other.file.name === name), "no two files share a name");
    await files.rename(path, name);
    named.push({ ...file, name });
  }
  await fileSystem.syncDirectory(directory);
  return named;
}

function withCover({ order, nextOffset, covers }: CompactionTask): readonly Cover[] {
  return [...covers, { nextOffset, timestamp: order.snapshotTimestamp }];
}

/** Covers whose tombstones may go are as good as one; so are the oldest of very many. */
function pruned(covers: readonly Cover[], order: CompactionOrder): readonly Cover[] {
  const { deleteRetentionMs } = order.rules;
  const expired = covers.findLastIndex(
    ({ timestamp }) => timestamp + deleteRetentionMs <= order.snapshotTimestamp,
  );
  return covers.slice(Math.max(0, expired, covers.length - MAX_COVERS));
}

/** What a task reads of the prefix so far. */
export function prefixInputs(
  directory: string,
  files: readonly CompactedFile[],
): readonly CompactedInput[] {
  return files.map((file) => compactedInput(join(directory, file.name), file));
}
