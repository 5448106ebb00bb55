import type { FileSystem } from "./file-system.ts";
import { HARD_STATE_FORMAT } from "./hard-state-format.ts";
import { IDENTITY_FORMAT } from "./identity-format.ts";
import { ioError } from "./io-error.ts";
import { join, LOG_DIRECTORY, SNAPSHOT_DIRECTORY } from "./layout.ts";
import { type FoundManifest, manifestOfFiles } from "./lost-manifest.ts";
import { lookAtPair } from "./paired-record.ts";
import { finding, type RepairFinding, type RepairWork } from "./repair/finding.ts";
import { repairCheckpoints } from "./repair/repair-checkpoints.ts";
import { repairLog } from "./repair/repair-log.ts";
import { repairPrefix } from "./repair/repair-prefix.ts";
import { repairRecord } from "./repair/repair-records.ts";
import { initialChain } from "./wal/initial-chain.ts";

export type { RepairFinding, RepairKind } from "./repair/finding.ts";

/**
 * Mends a data directory of a stopped node as far as its own bytes allow: record pairs from each
 * other, rows and footers from frames, files that interrupted work left. It never cuts off what
 * was acknowledged or is damaged. Without `apply` it writes nothing and says what it would do.
 * @returns what is not as it should be, and who can put it right; nothing where all is well.
 * @throws FatalError("io") where the path cannot be read, or with `apply` while a node runs on it.
 */
export async function repairDataDirectory(
  fileSystem: FileSystem,
  path: string,
  { apply }: { readonly apply: boolean },
): Promise<readonly RepairFinding[]> {
  if ((await fileSystem.list(path)) === undefined) throw ioError("repair", path, "ENOENT");
  const lock = apply ? await fileSystem.lock(path) : undefined;
  try {
    const found: RepairFinding[] = [];
    await repairAll(fileSystem, path, { apply, found });
    return found;
  } finally {
    await lock?.release();
  }
}

async function repairAll(fileSystem: FileSystem, path: string, work: RepairWork): Promise<void> {
  const names = (await fileSystem.list(path)) ?? [];
  const identity = await repairRecord(
    fileSystem,
    path,
    {
      format: IDENTITY_FORMAT,
      pair: await lookAtPair(fileSystem, path, IDENTITY_FORMAT, names),
      lost: "nobody can tell whose disk this is: put a copy of the file back",
    },
    work,
  );
  if (identity === undefined) return;
  const stored = await repairRecord(
    fileSystem,
    path,
    {
      format: HARD_STATE_FORMAT,
      pair: await lookAtPair(fileSystem, path, HARD_STATE_FORMAT, names),
      lost: "the node cannot know whether it voted, and takes part without a vote",
    },
    work,
  );
  // A node that has not met its cluster has no log.
  if (identity.cluster === undefined) return;
  const directory = join(path, LOG_DIRECTORY);
  const snapshots = join(path, SNAPSHOT_DIRECTORY);
  const checkpoints = await repairCheckpoints(fileSystem, snapshots, work);
  await repairPrefix(fileSystem, snapshots, stored?.record.compactedTo, work);
  const { reset } = stored?.record ?? {};
  if (reset !== undefined) {
    const what = `being made anew behind entry ${reset.last.index}; the next start goes on with it`;
    work.found.push(finding("start", directory, what));
    return;
  }
  const manifest = async (): Promise<FoundManifest> =>
    stored?.record ??
    (await manifestOfFiles(fileSystem, directory, snapshots)) ?? {
      firstSegment: undefined,
      activeSegment: undefined,
      snapshot: undefined,
    };
  const chainSeed = initialChain(identity.cluster);
  await repairLog({ ...work, fileSystem, directory, manifest, chainSeed, checkpoints });
}
