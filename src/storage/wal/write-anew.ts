import type { File, FileSystem } from "../file-system.ts";
import { directoryOf, nameOf } from "../layout.ts";
import { repairName } from "./segment-name.ts";

/**
 * Writes a file beside `path`, syncs it, renames it over `path` and syncs the directory. What an
 * earlier attempt left beside it is removed first.
 */
export async function writeAnew(
  fileSystem: FileSystem,
  path: string,
  write: (file: File) => Promise<void>,
  beside: string = repairName(path),
): Promise<void> {
  const directory = directoryOf(path);
  if ((await fileSystem.list(directory))?.includes(nameOf(beside)) === true)
    await fileSystem.unlink(beside);
  const file = await fileSystem.open(beside, "create");
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
  await fileSystem.rename(beside, path);
  await fileSystem.syncDirectory(directory);
}
