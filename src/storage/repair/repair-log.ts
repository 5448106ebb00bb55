import { FatalError } from "../../common/fatal-error.ts";
import type { File, FileSystem } from "../file-system.ts";
import { join } from "../layout.ts";
import type { FoundManifest } from "../lost-manifest.ts";
import type { LogStart } from "../snapshots/types.ts";
import { FilePool } from "../wal/file-pool.ts";
import { checkContinuity } from "../wal/recovery/continuity.ts";
import { type Inventory, takeInventory } from "../wal/recovery/inventory.ts";
import { droppedFiles, emptyLeftovers, removeLeftovers } from "../wal/recovery/leftovers.ts";
import { extentOfPart, lookAtParts, originOf, type Part } from "../wal/recovery/look.ts";
import { SegmentDisk } from "../wal/segment-disk.ts";
import { finding, type RepairWork } from "./finding.ts";
import { repairCompressed } from "./repair-compressed.ts";
import { repairOpen } from "./repair-open.ts";
import { repairSealed } from "./repair-sealed.ts";

export interface LogWork extends RepairWork {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  /** What hard state says, or what the files tell of where it is lost. */
  readonly manifest: () => Promise<FoundManifest>;
  readonly chainSeed: number;
  /** Where each intact checkpoint stands. */
  readonly checkpoints: readonly LogStart[];
}

/** Mends the segments as far as this disk alone allows; where recovery would halt, says so. */
export async function repairLog(work: LogWork): Promise<void> {
  const { fileSystem, directory, found } = work;
  const names = (await fileSystem.list(directory)) ?? [];
  const opened: File[] = [];
  try {
    const manifest = await work.manifest();
    const inventory = takeInventory(directory, names, manifest);
    await repairLeftovers(work, inventory);
    const named = inventory.named.map(({ stem }) => `${stem}.log`);
    await repairCompressed(fileSystem, directory, named, work);
    const disk = new SegmentDisk(fileSystem, directory, undefined, new FilePool(fileSystem));
    const { chainSeed, checkpoints } = work;
    const prev = (manifest.firstSegment?.firstIndex ?? 1) - 1;
    const origin = checkpoints.find(({ last }) => last.index === prev);
    const look = { fileSystem, directory, manifest, chainSeed, origin, disk };
    const parts = await lookAtParts(look, inventory.named, opened);
    checkContinuity({ directory, manifest, start: originOf(look) }, parts.map(extentOfPart));
    if (prev > 0 && checkpoints.length === 0) {
      const what = `the log begins with entry ${prev + 1}, and no intact checkpoint is there`;
      found.push(finding("stuck", directory, what));
    }
    await repairParts(work, disk, parts);
  } catch (thrown) {
    if (!(thrown instanceof FatalError) || thrown.kind === "io") throw thrown;
    found.push(finding("stuck", directory, thrown.message));
  } finally {
    for (const file of opened) await file.close();
  }
}

async function repairLeftovers(work: LogWork, inventory: Inventory): Promise<void> {
  const { fileSystem, directory, apply, found } = work;
  const removable = [
    ...droppedFiles(directory, inventory),
    ...(await emptyLeftovers(fileSystem, directory, inventory)),
    ...inventory.repairs.map((name) => join(directory, name)),
  ];
  for (const path of removable)
    found.push(finding("mend", path, "left by work that was interrupted; removed"));
  if (apply && removable.length > 0) await removeLeftovers(fileSystem, directory, inventory, []);
}

async function repairParts(
  work: LogWork,
  disk: SegmentDisk,
  parts: readonly Part[],
): Promise<void> {
  const lastSealed = parts.findLastIndex(({ kind }) => kind === "sealed");
  for (const [at, part] of parts.entries()) {
    if (part.kind === "sealed") await repairSealed({ ...work, disk }, part.segment, part.footer);
    else {
      const active = at === parts.length - 1;
      await repairOpen({ ...work, disk }, { ...part, active, laterSealed: at < lastSealed });
    }
  }
}
