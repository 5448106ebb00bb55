import type { FileSystem } from "../../storage/file-system.ts";
import type { BoundarySide, OperationRecord } from "./operations.ts";
import { SimDisk } from "./sim-disk.ts";

/** A run that was stopped at one boundary. */
export interface StoppedRun<T> {
  /** `before 7: sync log/…`. */
  readonly label: string;
  readonly operation: OperationRecord;
  readonly side: BoundarySide;
  /** Frozen at the boundary; hand it to `crashOutcomes`. */
  readonly disk: SimDisk;
  /** What the run had noted when it stopped: what it was told is durable, for instance. */
  readonly notes: T;
}

/**
 * Runs `run` to its end once, then once more for each operation that changes the disk, stopped
 * before it and after it. `notes` makes what a run writes down what it was promised; `from` is the
 * disk that each run begins with.
 */
export async function* everyBoundary<T>(
  notes: () => T,
  run: (fileSystem: FileSystem, notes: T) => Promise<void>,
  from: SimDisk = new SimDisk(),
): AsyncIterable<StoppedRun<T>> {
  const whole = from.fork();
  await run(whole.mount(), notes());
  for (const operation of whole.operations)
    for (const side of ["before", "after"] as const) {
      const disk = from.fork();
      const stopped = disk.stopAtBoundary(operation.number, side);
      const noted = notes();
      await Promise.race([stopped, run(disk.mount(), noted)]);
      if (!disk.frozen)
        throw new Error(`a second run did not reach ${operation.number}: ${operation.label}`);
      const label = `${side} ${operation.number}: ${operation.label}`;
      yield { label, operation, side, disk, notes: noted };
    }
}
