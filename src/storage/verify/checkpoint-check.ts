import type { FileSystem } from "../file-system.ts";
import { join } from "../layout.ts";
import { isUnfinishedCheckpoint, parseCheckpointName } from "../snapshots/checkpoint-name.ts";
import { readCheckpoint } from "../snapshots/read-checkpoint.ts";
import type { LogStart } from "../snapshots/types.ts";
import type { VerifyCounts, VerifyFinding } from "./finding.ts";
import { otherVersion, tornCheckpoint } from "./segment-findings.ts";

/**
 * Checks every byte of the checkpoints among `names`; files that are none are left to others.
 * @returns where the intact ones stand.
 */
export async function* checkCheckpoints(
  fileSystem: FileSystem,
  directory: string,
  names: readonly string[],
  counts: VerifyCounts,
): AsyncGenerator<VerifyFinding, readonly LogStart[]> {
  const intact: LogStart[] = [];
  for (const name of names) {
    const file = join(directory, name);
    if (isUnfinishedCheckpoint(name)) yield tornCheckpoint(file);
    const index = parseCheckpointName(name);
    if (index === undefined) continue;
    const read = await readCheckpoint(fileSystem, file, index).catch(async (error: unknown) => {
      // A running node may have let it go meanwhile.
      if ((await fileSystem.list(directory))?.includes(name) === true) throw error;
    });
    if (read === undefined) continue;
    counts.files++;
    counts.checkpoints++;
    counts.bytes += read.bytes.length;
    const { found } = read;
    if (found.kind === "valid") intact.push(found.checkpoint.start);
    else if (found.kind === "newer")
      yield otherVersion({ file, byte: 8, what: `format version ${found.version}` });
    else yield damagedCheckpoint(file, found.byte, found.reason);
  }
  return intact;
}

function damagedCheckpoint(file: string, byte: number, what: string): VerifyFinding {
  return {
    kind: "damaged",
    file,
    byte,
    index: undefined,
    what,
    means: "the node does not start from it, nor give it to anybody; entries are not concerned",
    next: "nothing: the node starts from another one, and writes it anew when it can",
  };
}
