import { LogIndex } from "../../common/brand.ts";
import { isCompactionName, manifestIndex, manifestName } from "../compaction/compacted-name.ts";
import { decodeManifest, type Manifest } from "../compaction/manifest.ts";
import { readWhole } from "../compaction/manifest-file.ts";
import { isOfMending } from "../compaction/mending-files.ts";
import type { FileSystem } from "../file-system.ts";
import { join } from "../layout.ts";
import { isUnfinishedCheckpoint, parseCheckpointName } from "../snapshots/checkpoint-name.ts";
import { isOfIncoming } from "../snapshots/incoming-snapshot.ts";
import { checkCompacted } from "./compacted-check.ts";
import type { VerifyCounts, VerifyFinding } from "./finding.ts";
import {
  absentCompacted,
  absentManifest,
  damagedManifest,
  leftCompacted,
  stagedSnapshot,
  strangeSnapshot,
} from "./prefix-findings.ts";
import { otherVersion } from "./segment-findings.ts";

/** What the hard state says of the compacted prefix. */
export interface PrefixFacts {
  /** 0: there is none. Absent: nobody can tell, and the newest manifest is what counts. */
  readonly compactedTo: LogIndex | undefined;
  /** What it says by now, should the node be running. */
  readonly compactedNow: () => Promise<LogIndex | undefined>;
}

/** A look at the prefix as it was at one moment. */
interface Look {
  readonly index: LogIndex | undefined;
  readonly findings: VerifyFinding[];
  readonly counts: Pick<VerifyCounts, (typeof COUNTED)[number]>;
  /** Names that the prefix needs. */
  readonly needed: Set<string>;
  manifestBytes: Uint8Array | undefined;
}

const COUNTED = [
  "files",
  "bytes",
  "rows",
  "manifests",
  "compactedFiles",
  "compactedFrames",
  "compactedRecords",
] as const;

/** A node that runs replaces its prefix now and then, not more often than it can be read. */
const MAX_LOOKS = 10;

/**
 * Checks the manifest that counts and every byte of the files that it names; names what else lies
 * among `names`: what work under way, or cut short, has there is no damage.
 */
export async function* checkPrefix(
  fileSystem: FileSystem,
  directory: string,
  names: readonly string[],
  facts: PrefixFacts,
  counts: VerifyCounts,
): AsyncIterable<VerifyFinding> {
  let look = await lookAt(fileSystem, directory, names, facts.compactedTo);
  for (let looks = 1; looks < MAX_LOOKS && look.findings.length > 0; looks++) {
    const compactedTo = await facts.compactedNow();
    const nowNames = (await fileSystem.list(directory)) ?? [];
    const again = await lookAt(fileSystem, directory, nowNames, compactedTo);
    const same = again.index === look.index && isSame(again.manifestBytes, look.manifestBytes);
    look = again;
    if (same) break;
  }
  for (const name of COUNTED) counts[name] += look.counts[name];
  yield* look.findings;
  const there = (await fileSystem.list(directory)) ?? [];
  const others = names.filter((name) => !look.needed.has(name) && there.includes(name));
  for (const name of others) {
    const file = join(directory, name);
    if (isCompactionName(name)) yield leftCompacted(file);
    else if (!isKnown(name)) yield strangeSnapshot(file);
  }
  const staged = others.filter(isStaged);
  if (staged[0] !== undefined) yield stagedSnapshot(join(directory, staged[0]), staged);
}

/** Checks a manifest, and the files that it names, without what the hard state says. */
export async function* checkManifestAlone(
  fileSystem: FileSystem,
  directory: string,
  names: readonly string[],
  index: LogIndex,
  counts: VerifyCounts,
): AsyncIterable<VerifyFinding> {
  const look = await lookAt(fileSystem, directory, names, index);
  for (const name of COUNTED) counts[name] += look.counts[name];
  yield* look.findings;
}

function isKnown(name: string): boolean {
  return parseCheckpointName(name) !== undefined || isUnfinishedCheckpoint(name) || isStaged(name);
}

function isStaged(name: string): boolean {
  return isOfIncoming(name) || isOfMending(name);
}

async function lookAt(
  fileSystem: FileSystem,
  directory: string,
  names: readonly string[],
  compactedTo: LogIndex | undefined,
): Promise<Look> {
  const newest = names.flatMap((name) => manifestIndex(name) ?? []).sort((a, b) => a - b);
  const index = compactedTo ?? newest.at(-1);
  const look: Look = {
    index,
    findings: [],
    counts: {
      ...{ files: 0, bytes: 0, rows: 0, manifests: 0 },
      ...{ compactedFiles: 0, compactedFrames: 0, compactedRecords: 0 },
    },
    needed: new Set(),
    manifestBytes: undefined,
  };
  if (index === undefined || index === 0) return look;
  const name = manifestName(LogIndex(index));
  const path = join(directory, name);
  look.needed.add(name);
  const bytes = names.includes(name)
    ? await ifThere(fileSystem, directory, name, readWhole)
    : undefined;
  if (bytes === undefined) {
    look.findings.push(absentManifest(path, index));
    return look;
  }
  look.manifestBytes = bytes;
  look.counts.files++;
  look.counts.manifests++;
  look.counts.bytes += bytes.length;
  const manifest = manifestIn(path, bytes, index, look.findings);
  if (manifest !== undefined) await lookAtFiles(fileSystem, directory, manifest, look);
  return look;
}

function manifestIn(
  file: string,
  bytes: Uint8Array,
  index: LogIndex,
  findings: VerifyFinding[],
): Manifest | undefined {
  const found = decodeManifest(bytes);
  if (found === "version") {
    findings.push(otherVersion({ file, byte: 8, what: "a manifest of another version" }));
    return undefined;
  }
  const fault = found === "damaged" ? faultIn(bytes) : faultOf(found, index);
  if (fault !== undefined) findings.push(damagedManifest({ file, ...fault }));
  return found === "damaged" ? undefined : found;
}

interface Fault {
  readonly byte: number;
  readonly what: string;
}

const SUM_BYTES = 32;
const BODY_AT = 16;

function faultIn(bytes: Uint8Array): Fault {
  if (bytes.length < BODY_AT + SUM_BYTES)
    return { byte: bytes.length, what: "the file ends before its header and its checksum do" };
  if (Buffer.from(bytes.subarray(0, 8)).toString("latin1") !== "BALSAMFT")
    return { byte: 0, what: "it does not begin with BALSAMFT" };
  return { byte: bytes.length - SUM_BYTES, what: "its SHA-256 does not match its bytes" };
}

/** Each byte is what was written; the numbers must be those of one prefix. */
function faultOf(manifest: Manifest, index: LogIndex): Fault | undefined {
  if (manifest.index !== index)
    return { byte: BODY_AT, what: `it is the manifest of entry ${manifest.index}` };
  let end = 0;
  for (const { name, baseOffset, nextOffset } of manifest.files) {
    if (baseOffset < end || nextOffset < baseOffset)
      return { byte: BODY_AT, what: `${name} overlaps the file before` };
    end = nextOffset;
  }
  if (end <= manifest.nextOffset) return undefined;
  return { byte: BODY_AT, what: `its files end behind its own offset ${manifest.nextOffset}` };
}

async function lookAtFiles(
  fileSystem: FileSystem,
  directory: string,
  { index, files }: Manifest,
  { findings, counts, needed }: Look,
): Promise<void> {
  for (const told of files) {
    needed.add(told.name);
    const check = (from: FileSystem, path: string) => checkCompacted(from, path, told);
    const report = await ifThere(fileSystem, directory, told.name, check);
    if (report === undefined) {
      findings.push(absentCompacted(join(directory, told.name), manifestName(index)));
      continue;
    }
    counts.files++;
    counts.compactedFiles++;
    counts.compactedFrames += report.frames;
    counts.compactedRecords += report.records;
    counts.rows += report.rows;
    counts.bytes += report.bytes;
    findings.push(...report.findings);
  }
}

/** Absent: it is not there, or not any more. */
async function ifThere<T>(
  fileSystem: FileSystem,
  directory: string,
  name: string,
  use: (fileSystem: FileSystem, path: string) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await use(fileSystem, join(directory, name));
  } catch (error) {
    if ((await fileSystem.list(directory))?.includes(name) === true) throw error;
    return undefined;
  }
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return Buffer.compare(one, other) === 0;
}
