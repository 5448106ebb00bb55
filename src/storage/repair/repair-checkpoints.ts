import type { FileSystem } from "../file-system.ts";
import { join } from "../layout.ts";
import { isUnfinishedCheckpoint, parseCheckpointName } from "../snapshots/checkpoint-name.ts";
import { readCheckpoint } from "../snapshots/read-checkpoint.ts";
import type { LogStart } from "../snapshots/types.ts";
import { finding, type RepairWork } from "./finding.ts";

const LATER = "the node starts from another one, and writes it anew when it can";

/**
 * Looks at every checkpoint. A damaged one is left alone: nothing on this disk says what was in it.
 * @returns where the intact ones stand.
 */
export async function repairCheckpoints(
  fileSystem: FileSystem,
  directory: string,
  { apply, found }: RepairWork,
): Promise<readonly LogStart[]> {
  const intact: LogStart[] = [];
  let removed = false;
  for (const name of (await fileSystem.list(directory)) ?? []) {
    const path = join(directory, name);
    const index = parseCheckpointName(name);
    if (index !== undefined) {
      const { found: file } = await readCheckpoint(fileSystem, path, index);
      if (file.kind === "valid") intact.push(file.checkpoint.start);
      else if (file.kind === "damaged")
        found.push(finding("start", path, `${file.reason}; ${LATER}`, { byte: file.byte, index }));
      else found.push(finding("stuck", path, `format version ${file.version}`, { byte: 8, index }));
    } else if (isUnfinishedCheckpoint(name)) {
      found.push(finding("mend", path, "left by work that was interrupted; removed"));
      if (apply) await fileSystem.unlink(path);
      removed = apply;
    }
  }
  if (removed) await fileSystem.syncDirectory(directory);
  return intact;
}
