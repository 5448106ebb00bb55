import { assert } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import { FatalError } from "../common/fatal-error.ts";
import { type Random, randomHex } from "../common/random.ts";
import type { DirectoryLock, FileSystem } from "./file-system.ts";
import { HARD_STATE_FORMAT } from "./hard-state-format.ts";
import { DurableHardState } from "./hard-state-store.ts";
import { IDENTITY_FORMAT } from "./identity-format.ts";
import { DurableIdentity } from "./identity-store.ts";
import {
  HARD_STATE_FILE,
  IDENTITY_FILE,
  isOurs,
  join,
  LOG_DIRECTORY,
  pairOf,
  SNAPSHOT_DIRECTORY,
} from "./layout.ts";
import { manifestOfFiles } from "./lost-manifest.ts";
import { readRecordPair, winnerOf } from "./paired-record.ts";
import {
  DEFAULT_SPACE_MARKS,
  type OwnedSpaceWatch,
  type SpaceMarks,
  watchSpace,
} from "./reserve.ts";
import { DurableCheckpoints } from "./snapshots/durable-checkpoints.ts";
import type { DataDirectory, Identity, LogListener, LogStore, SpaceWatch } from "./types.ts";
import { initialChain } from "./wal/initial-chain.ts";
import { openSegmentedLog } from "./wal/segmented-log.ts";

/** Random enough that two disks never share an id. */
const DISK_ID_BYTES = 16;

export interface DataDirectoryOptions {
  readonly nodeId: NodeId;
  readonly random: Random;
  /** Default: {@link DEFAULT_SPACE_MARKS}. */
  readonly space?: SpaceMarks;
}

/**
 * Takes a data directory for this process and reads who and where it is: lock, identity, hard
 * state. Everything is looked at before anything is changed.
 * @throws FatalError("io") when another process has it or the disk fails, FatalError("config")
 *   when it is another node's, a newer program's or somebody else's folder,
 *   FatalError("corruption") when nobody can tell whose it is.
 */
export async function openDataDirectory(
  fileSystem: FileSystem,
  path: string,
  options: DataDirectoryOptions,
): Promise<DataDirectory> {
  await fileSystem.makeDirectory(path);
  const lock = await fileSystem.lock(path);
  try {
    return await openLocked(fileSystem, path, options, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function openLocked(
  fileSystem: FileSystem,
  directory: string,
  { nodeId, random, space = DEFAULT_SPACE_MARKS }: DataDirectoryOptions,
  lock: DirectoryLock,
): Promise<DataDirectory> {
  const notes: string[] = [];
  const names = (await fileSystem.list(directory)) ?? [];
  const identityPair = await readRecordPair(fileSystem, directory, IDENTITY_FORMAT);
  const hardStatePair = await readRecordPair(fileSystem, directory, HARD_STATE_FORMAT);
  const found = winnerOf(identityPair)?.value;
  if (found === undefined) refuseForeign(directory, names);
  else if (found.nodeId !== nodeId)
    throw new FatalError(
      "config",
      `${directory} belongs to ${found.nodeId}, not ${nodeId}: check --node-id and --data-dir`,
    );
  const log = await fileSystem.list(join(directory, LOG_DIRECTORY));
  // Hard state is written only after the identity is durable, so where there is none, and no log,
  // whatever is left of an identity is the start of a first boot that a crash cut short.
  const used = [...pairOf(HARD_STATE_FILE), LOG_DIRECTORY, SNAPSHOT_DIRECTORY];
  const empty = !used.some((name) => names.includes(name));
  const fresh: Identity = { nodeId, diskId: randomHex(random, DISK_ID_BYTES), cluster: undefined };
  const common = { fileSystem, directory, notes };
  const identity = await DurableIdentity.open({
    ...common,
    pair: identityPair,
    fresh: empty ? fresh : undefined,
  });
  // Nobody votes or appends before the cluster is known: an absent hard state is a fresh one.
  const unused = identity.current.cluster === undefined && (log ?? []).length === 0;
  const hardState = await DurableHardState.open({ ...common, pair: hardStatePair, unused });
  const folder = join(directory, SNAPSHOT_DIRECTORY);
  const checkpoints = await DurableCheckpoints.open(fileSystem, folder, notes);
  const watch = watchSpace(fileSystem, directory, space);
  return new OpenDirectory({ ...common, identity, hardState, checkpoints, lock, watch });
}

function refuseForeign(directory: string, names: readonly string[]): void {
  const foreign = names.find((name) => !isOurs(name));
  if (foreign === undefined) return;
  throw new FatalError(
    "config",
    `${join(directory, foreign)} is not Balsa's, and ${directory} has no ${IDENTITY_FILE}: ` +
      `choose an empty --data-dir (nothing was changed)`,
  );
}

interface Opened {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly identity: DurableIdentity;
  readonly hardState: DurableHardState;
  readonly checkpoints: DurableCheckpoints;
  readonly lock: DirectoryLock;
  readonly watch: OwnedSpaceWatch;
  readonly notes: string[];
}

class OpenDirectory implements DataDirectory {
  readonly #opened: Opened;
  #log: LogStore | undefined;

  constructor(opened: Opened) {
    this.#opened = opened;
  }

  get identity(): DurableIdentity {
    return this.#opened.identity;
  }

  get hardState(): DurableHardState {
    return this.#opened.hardState;
  }

  get space(): SpaceWatch {
    return this.#opened.watch;
  }

  get checkpoints(): DurableCheckpoints {
    return this.#opened.checkpoints;
  }

  get notes(): readonly string[] {
    return this.#opened.notes;
  }

  async openLog(listener: LogListener): Promise<LogStore> {
    const { fileSystem, directory, identity, hardState, notes } = this.#opened;
    const { cluster } = identity.current;
    assert(cluster !== undefined, "the log is opened once the cluster is known");
    assert(this.#log === undefined, "the log is opened once");
    const logDirectory = join(directory, LOG_DIRECTORY);
    const { activeSegment, reset } = hardState.current;
    if (!hardState.trusted && activeSegment === undefined && reset === undefined) {
      const snapshots = join(directory, SNAPSHOT_DIRECTORY);
      await hardState.update((await manifestOfFiles(fileSystem, logDirectory, snapshots)) ?? {});
    }
    const log = await openSegmentedLog({
      fileSystem,
      directory: logDirectory,
      hardState,
      chainSeed: initialChain(cluster),
      listener,
      checkpoints: this.#opened.checkpoints,
      notes,
    });
    this.#log = log;
    const { term } = log.tail.last;
    // Entries of a new term may be durable before the term is; no vote of it was told to anybody.
    if (term > hardState.current.currentTerm)
      await hardState.update({ currentTerm: term, votedFor: undefined });
    return log;
  }

  /** The log first, for it writes the hard state; the lock last. */
  async close(): Promise<void> {
    await this.#opened.watch.settled();
    await this.#log?.close();
    await this.#opened.checkpoints.close();
    await this.#opened.hardState.close();
    await this.#opened.identity.close();
    await this.#opened.lock.release();
  }
}
