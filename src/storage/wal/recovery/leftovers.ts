import type { FileSystem } from "../../file-system.ts";
import { join } from "../../layout.ts";
import { damage } from "../damage.ts";
import { INDEX_HEADER_BYTES } from "../index-header.ts";
import type { Inventory } from "./inventory.ts";

/**
 * Removes pairs newer than the active segment: a roll that did not get to its manifest, or a cut
 * that did. Both leave them empty, so one that is not holds entries that the manifest has lost.
 */
export async function removeLeftovers(
  fileSystem: FileSystem,
  directory: string,
  inventory: Inventory,
  notes: string[],
): Promise<void> {
  for (const path of await emptyLeftovers(fileSystem, directory, inventory)) {
    await fileSystem.unlink(path);
    notes.push(`removed ${path}: empty, and not named by the hard state`);
  }
  for (const path of droppedFiles(directory, inventory)) {
    await fileSystem.unlink(path);
    notes.push(`removed ${path}: the log begins after it`);
  }
  for (const name of inventory.repairs) {
    await fileSystem.unlink(join(directory, name));
    notes.push(`removed ${join(directory, name)}: a repair or compression that was interrupted`);
  }
  // Also names that a process removed just before it was killed may still be on the disk.
  await fileSystem.syncDirectory(directory);
}

/** Files of segments that were let go, in the order in which they go. */
export function droppedFiles(directory: string, { dropped }: Inventory): readonly string[] {
  return dropped.flatMap(({ stem, log, index }) => [
    ...(log ? [join(directory, `${stem}.log`)] : []),
    ...(index ? [join(directory, `${stem}.index`)] : []),
  ]);
}

/** @throws FatalError("corruption") when one of them is not empty. */
export async function emptyLeftovers(
  fileSystem: FileSystem,
  directory: string,
  { leftovers }: Inventory,
): Promise<readonly string[]> {
  const files = leftovers.flatMap(({ stem, log, index }) => [
    ...(log ? [{ path: join(directory, `${stem}.log`), emptyBytes: 0 }] : []),
    ...(index ? [{ path: join(directory, `${stem}.index`), emptyBytes: INDEX_HEADER_BYTES }] : []),
  ]);
  for (const { path, emptyBytes } of files)
    if ((await sizeOf(fileSystem, path)) > emptyBytes)
      throw damage(
        { file: path, byte: emptyBytes },
        "the segment holds entries, but the hard state names no such segment",
      );
  return files.map(({ path }) => path);
}

async function sizeOf(fileSystem: FileSystem, path: string): Promise<number> {
  const file = await fileSystem.open(path, "read");
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}
