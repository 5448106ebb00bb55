import { LogIndex } from "../../common/brand.ts";
import type { FileSystem } from "../file-system.ts";
import { directoryOf, join, nameOf, SNAPSHOT_DIRECTORY } from "../layout.ts";
import { parseCheckpointName } from "../snapshots/checkpoint-name.ts";
import { faultIn, readCheckpoint } from "../snapshots/read-checkpoint.ts";
import type { LogStart } from "../snapshots/types.ts";

/** One checkpoint as it lies on the disk. */
export interface DumpedCheckpoint {
  readonly file: string;
  readonly bytes: number;
  /** Where the log stood; absent where the file is damaged. */
  readonly start: LogStart | undefined;
  /** The state's JSON as it is; absent where the file is damaged. */
  readonly state: string | undefined;
  /** The byte and the reason; absent while it is intact. */
  readonly fault: string | undefined;
}

/** Whether `path` is named like a checkpoint. */
export function isCheckpointPath(path: string): boolean {
  return parseCheckpointName(nameOf(path)) !== undefined;
}

/** The checkpoints of a data directory, oldest first, or the one that `path` names. */
export async function dumpCheckpoints(
  fileSystem: FileSystem,
  path: string,
): Promise<readonly DumpedCheckpoint[]> {
  const one = isCheckpointPath(path);
  const directory = one ? directoryOf(path) : join(path, SNAPSHOT_DIRECTORY);
  const names = one ? [nameOf(path)] : ((await fileSystem.list(directory)) ?? []);
  const dumped: DumpedCheckpoint[] = [];
  for (const name of names) {
    const index = parseCheckpointName(name);
    if (index === undefined) continue;
    const file = join(directory, name);
    const { bytes, found } = await readCheckpoint(fileSystem, file, LogIndex(index));
    const { start, state } = found.kind === "valid" ? found.checkpoint : {};
    const text = state && Buffer.from(state).toString("utf8");
    dumped.push({ file, bytes: bytes.length, start, state: text, fault: faultIn(found) });
  }
  return dumped;
}
