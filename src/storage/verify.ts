import { LogIndex, Offset, Term } from "../common/brand.ts";
import { FatalError } from "../common/fatal-error.ts";
import { isCompactedName, manifestIndex } from "./compaction/compacted-name.ts";
import type { FileSystem } from "./file-system.ts";
import { HARD_STATE_FORMAT, type StoredHardState } from "./hard-state-format.ts";
import { IDENTITY_FORMAT } from "./identity-format.ts";
import { directoryOf, join, LOG_DIRECTORY, nameOf, pairOf, SNAPSHOT_DIRECTORY } from "./layout.ts";
import { ioError } from "./io-error.ts";
import { lookAtPair, readRecordFile, type RecordPair, winnerOf } from "./paired-record.ts";
import { isUnfinishedCheckpoint, parseCheckpointName } from "./snapshots/checkpoint-name.ts";
import type { HardStateRecord, Identity } from "./types.ts";
import { checkCompacted } from "./verify/compacted-check.ts";
import { checkCheckpoints } from "./verify/checkpoint-check.ts";
import { noCounts, type VerifyCounts, type VerifyFinding } from "./verify/finding.ts";
import { checkLog, type LogFacts } from "./verify/log-check.ts";
import { checkManifestAlone, checkPrefix } from "./verify/prefix-check.ts";
import { checkFile, checkPair } from "./verify/record-check.ts";
import { unfinishedReset } from "./verify/segment-findings.ts";
import type { SegmentStart } from "./wal/index-header.ts";
import { initialChain } from "./wal/initial-chain.ts";
import { parseSegmentFileName } from "./wal/segment-name.ts";

export {
  type FindingKind,
  isCorruption,
  noCounts,
  type VerifyCounts,
  type VerifyFinding,
} from "./verify/finding.ts";

/**
 * Checks a data directory, its `log/`, or one file of them, from the bytes alone: every checksum,
 * the chain from the first entry to the last, rows against frames, footers byte by byte, hard state
 * and identity, checkpoints, and the compacted prefix with its manifest. Takes no lock, changes
 * nothing, and may look at the directory of a running node.
 * `counts` grows while findings are read; a clean directory gives none.
 * @throws FatalError("io") where the path cannot be read, FatalError("config") where it is nothing
 *   that a node wrote.
 */
export async function* verifyDataDirectory(
  fileSystem: FileSystem,
  path: string,
  counts: VerifyCounts = noCounts(),
): AsyncIterable<VerifyFinding> {
  for await (const finding of findings(fileSystem, path, counts)) {
    counts.findings++;
    yield finding;
  }
}

async function* findings(
  fileSystem: FileSystem,
  path: string,
  counts: VerifyCounts,
): AsyncIterable<VerifyFinding> {
  const name = nameOf(path);
  if (parseSegmentFileName(name) !== undefined)
    return yield* verifySegment(fileSystem, path, counts);
  if (parseCheckpointName(name) !== undefined || isUnfinishedCheckpoint(name))
    return yield* verifyCheckpoint(fileSystem, path, counts);
  if (isCompactedName(name) || manifestIndex(name) !== undefined)
    return yield* verifyPrefixFile(fileSystem, path, counts);
  if (isRecordFile(name)) counts.files++;
  if (pairOf(IDENTITY_FORMAT.name).includes(name))
    return yield* checkFile(await readRecordFile(fileSystem, path, IDENTITY_FORMAT), path);
  if (pairOf(HARD_STATE_FORMAT.name).includes(name))
    return yield* checkFile(await readRecordFile(fileSystem, path, HARD_STATE_FORMAT), path);
  const names = await fileSystem.list(path);
  if (names === undefined) throw ioError("verify", path, "ENOENT");
  if (names.includes(LOG_DIRECTORY) || names.some(isRecordFile))
    return yield* verifyDirectory(fileSystem, path, names, counts);
  if (!names.some((file) => parseSegmentFileName(file) !== undefined))
    throw new FatalError(
      "config",
      `${path} holds neither a data directory nor segments; name data/n1, or a .log file in it`,
    );
  return yield* checkLog(fileSystem, path, names, NO_FACTS, counts);
}

/** Hard state changes a few times a second at most; more often than this it is something else. */
const MAX_LOOKS = 10;
const NO_FACTS: LogFacts = { origin: undefined };

function isRecordFile(name: string): boolean {
  return [IDENTITY_FORMAT, HARD_STATE_FORMAT].some((format) => pairOf(format.name).includes(name));
}

async function* verifyDirectory(
  fileSystem: FileSystem,
  path: string,
  names: readonly string[],
  counts: VerifyCounts,
): AsyncIterable<VerifyFinding> {
  const identity = await lookAtPair(fileSystem, path, IDENTITY_FORMAT, names);
  const { hardState, segments, snapshots } = await lookCalmly(fileSystem, path, names);
  for (const { files } of [identity, hardState])
    counts.files += files.filter((file) => file.kind !== "absent").length;
  yield* checkPair(IDENTITY_FORMAT, identity, "nobody can tell whose disk this is");
  yield* checkPair(HARD_STATE_FORMAT, hardState, "the node cannot know whether it voted");
  const folder = join(path, SNAPSHOT_DIRECTORY);
  const starts = yield* checkCheckpoints(fileSystem, folder, snapshots, counts);
  const manifest = manifestOf(hardState);
  const manifestNow = async () =>
    manifestOf(await lookAtPair(fileSystem, path, HARD_STATE_FORMAT, names));
  const prefix = {
    compactedTo: manifest?.compactedTo,
    compactedNow: async () => (await manifestNow())?.compactedTo,
  };
  yield* checkPrefix(fileSystem, folder, snapshots, prefix, counts);
  const directory = join(path, LOG_DIRECTORY);
  if (manifest?.reset !== undefined)
    return yield unfinishedReset(directory, manifest.reset.last.index);
  const facts = { origin: originOf(identity), starts, ...manifest, manifestNow };
  yield* checkLog(fileSystem, directory, segments, facts, counts);
}

interface Seen {
  readonly hardState: RecordPair<StoredHardState>;
  readonly segments: readonly string[];
  readonly snapshots: readonly string[];
}

/** Hard state and the names in `log/` as they were at one moment, should the node be running. */
async function lookCalmly(
  fileSystem: FileSystem,
  path: string,
  names: readonly string[],
): Promise<Seen> {
  const look = () => lookAtPair(fileSystem, path, HARD_STATE_FORMAT, names);
  for (let tries = 0; ; tries++) {
    const before = await look();
    const segments = (await fileSystem.list(join(path, LOG_DIRECTORY))) ?? [];
    const snapshots = (await fileSystem.list(join(path, SNAPSHOT_DIRECTORY))) ?? [];
    const hardState = await look();
    const calm = winnerOf(before)?.generation === winnerOf(hardState)?.generation;
    if (calm || tries === MAX_LOOKS) return { hardState, segments, snapshots };
  }
}

function manifestOf(pair: RecordPair<StoredHardState>): HardStateRecord | undefined {
  return winnerOf(pair)?.value.record;
}

function originOf(identity: RecordPair<Identity>): SegmentStart | undefined {
  const cluster = winnerOf(identity)?.value.cluster;
  if (cluster === undefined) return undefined;
  return {
    baseOffset: Offset(0),
    firstIndex: LogIndex(1),
    prevTerm: Term(0),
    prevChain: initialChain(cluster),
  };
}

async function* verifyCheckpoint(
  fileSystem: FileSystem,
  path: string,
  counts: VerifyCounts,
): AsyncIterable<VerifyFinding> {
  const directory = directoryOf(path);
  if ((await fileSystem.list(directory))?.includes(nameOf(path)) !== true)
    throw ioError("verify", path, "ENOENT");
  yield* checkCheckpoints(fileSystem, directory, [nameOf(path)], counts);
}

/** A manifest with the files that it names, or one compacted file by its own footer. */
async function* verifyPrefixFile(
  fileSystem: FileSystem,
  path: string,
  counts: VerifyCounts,
): AsyncIterable<VerifyFinding> {
  const directory = directoryOf(path);
  const names = (await fileSystem.list(directory)) ?? [];
  if (!names.includes(nameOf(path))) throw ioError("verify", path, "ENOENT");
  const index = manifestIndex(nameOf(path));
  if (index !== undefined)
    return yield* checkManifestAlone(fileSystem, directory, names, index, counts);
  const { findings, bytes, rows, ...found } = await checkCompacted(fileSystem, path, undefined);
  counts.files++;
  counts.compactedFiles++;
  counts.compactedFrames += found.frames;
  counts.compactedRecords += found.records;
  counts.rows += rows;
  counts.bytes += bytes;
  yield* findings;
}

async function* verifySegment(
  fileSystem: FileSystem,
  path: string,
  counts: VerifyCounts,
): AsyncIterable<VerifyFinding> {
  const directory = directoryOf(path);
  const stem = parseSegmentFileName(nameOf(path))?.stem;
  const names = (await fileSystem.list(directory)) ?? [];
  const pair = names.filter((name) => parseSegmentFileName(name)?.stem === stem);
  if (!pair.includes(nameOf(path))) throw ioError("verify", path, "ENOENT");
  yield* checkLog(fileSystem, directory, pair, NO_FACTS, counts);
}
