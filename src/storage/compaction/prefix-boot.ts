import type { LogIndex } from "../../common/brand.ts";
import { FatalError } from "../../common/fatal-error.ts";
import { headFaultOf, storedBytesOf } from "../compression/inflating-file-system.ts";
import type { FileSystem } from "../file-system.ts";
import { join } from "../layout.ts";
import {
  COMPACTED_FOOTER_BYTES,
  type CompactedFooter,
  decodeCompactedFooter,
} from "./compacted-footer.ts";
import { isCompactionName, manifestIndex, manifestName } from "./compacted-name.ts";
import type { CompactedFile, Manifest } from "./manifest.ts";
import { NEXT, readManifest } from "./manifest-file.ts";
import { isOfMending } from "./mending-files.ts";
import type { CompactedDamage } from "./types.ts";

/** What the hard state says of the compacted prefix, and how to record the next one. */
export interface PrefixRecord {
  readonly current: { readonly compactedTo?: LogIndex | undefined };
  /** False: the record was lost, so what it said is not known. */
  readonly trusted: boolean;
  update(patch: { readonly compactedTo: LogIndex }): Promise<void>;
}

export interface PrefixPlace {
  readonly fileSystem: FileSystem;
  /** `<data>/snapshots`. */
  readonly directory: string;
}

/** What a start finds of the compacted prefix. */
export interface BootedPrefix {
  /** Absent before the first compaction, and when the one that counts is damaged or absent. */
  readonly manifest: Manifest | undefined;
  /** What is to be mended. */
  readonly damage: readonly CompactedDamage[];
  /** What those files take that are kept compressed, by name. */
  readonly deflated: ReadonlyMap<string, number>;
}

/**
 * The manifest that counts, its files looked at (sizes and footers, not their frames). Leftovers of
 * runs that did not end are removed, unless nobody can tell which they are.
 * @param mendable damage is told, since others can mend it.
 * @throws FatalError("corruption") naming the file that is damaged or absent and not to be mended
 */
export async function bootPrefix(
  place: PrefixPlace,
  record: PrefixRecord,
  notes: string[],
  mendable = false,
): Promise<BootedPrefix> {
  const names = (await place.fileSystem.list(place.directory)) ?? [];
  const index = record.current.compactedTo ?? 0;
  const booted = record.trusted
    ? await named(place, names, index as LogIndex)
    : await newestWhole(place, names, notes);
  const [damage] = booted.damage;
  if (damage !== undefined && !mendable) throw halting(place, damage);
  await remove(place, names.filter(isOfMending));
  // Where the manifest is lost nobody can tell which files are left over.
  if (booted.manifest === undefined && damage !== undefined) return booted;
  const leftovers = leftoversOf(names, booted.manifest);
  await remove(place, leftovers);
  if (leftovers.length > 0)
    notes.push(`removed what an unfinished compaction left: ${leftovers.join(", ")}`);
  return booted;
}

async function named(
  place: PrefixPlace,
  names: readonly string[],
  index: LogIndex,
): Promise<BootedPrefix> {
  const deflated = new Map<string, number>();
  if (index === 0) return { manifest: undefined, damage: [], deflated };
  const name = manifestName(index);
  const manifest = await manifestAt(place, names, index);
  if ("what" in manifest) return { manifest: undefined, damage: [manifest], deflated };
  const damage: CompactedDamage[] = [];
  for (const file of manifest.files) {
    const found = names.includes(file.name)
      ? await damageIn(place, file, deflated)
      : absent(file.name, `${name} names it`);
    if (found !== undefined) damage.push(found);
  }
  return { manifest, damage, deflated };
}

async function manifestAt(
  { fileSystem, directory }: PrefixPlace,
  names: readonly string[],
  index: LogIndex,
): Promise<Manifest | CompactedDamage> {
  const file = manifestName(index);
  if (!names.includes(file))
    return absent(file, `the hard state says that the log is compacted to entry ${index}`);
  try {
    return await readManifest(fileSystem, directory, index);
  } catch (thrown) {
    if (!(thrown instanceof FatalError) || thrown.kind !== "corruption") throw thrown;
    return { file, position: 0, what: "the manifest is damaged" };
  }
}

/**
 * Nobody knows which manifest counts, so the newest whole one does: whatever it names was made
 * from committed entries, and older files go only after a newer manifest is whole.
 */
async function newestWhole(
  place: PrefixPlace,
  names: readonly string[],
  notes: string[],
): Promise<BootedPrefix> {
  const indexes = names.map(manifestIndex).filter((index) => index !== undefined);
  let failure: FatalError | undefined;
  for (const index of indexes.toReversed()) {
    const booted = await named(place, names, index);
    const [fault] = booted.damage;
    if (fault === undefined) {
      notes.push(`${manifestName(index)} counts: the hard state that named one was lost`);
      return booted;
    }
    failure ??= halting(place, fault);
  }
  if (failure !== undefined) throw failure;
  return { manifest: undefined, damage: [], deflated: new Map() };
}

async function remove(
  { fileSystem, directory }: PrefixPlace,
  names: readonly string[],
): Promise<void> {
  for (const name of names) await fileSystem.unlink(join(directory, name));
  if (names.length > 0) await fileSystem.syncDirectory(directory);
}

/** Names that only compaction makes and that `manifest` does not need. */
export function leftoversOf(
  names: readonly string[],
  manifest: Manifest | undefined,
): readonly string[] {
  const needed = new Set(manifest?.files.map(({ name }) => name));
  if (manifest !== undefined) needed.add(manifestName(manifest.index));
  return names.filter((name) => isCompactionName(name) && !needed.has(name));
}

/** Size and footer are what the manifest says. @throws FatalError("corruption") */
export async function checkFile(place: PrefixPlace, file: CompactedFile): Promise<void> {
  const damage = await damageIn(place, file);
  if (damage !== undefined) throw halting(place, damage);
}

/** Where size or footer are not what the manifest says; absent: nowhere. */
async function damageIn(
  { fileSystem, directory }: PrefixPlace,
  file: CompactedFile,
  deflated?: Map<string, number>,
): Promise<CompactedDamage | undefined> {
  const opened = await fileSystem.open(join(directory, file.name), "read");
  const damaged = (position: number, what: string) => ({ file: file.name, position, what });
  try {
    const bytes = await opened.size();
    const at = Math.max(0, file.bytes - COMPACTED_FOOTER_BYTES);
    if (bytes !== file.bytes)
      return damaged(Math.min(bytes, at), `it has ${bytes} bytes, not ${file.bytes}`);
    const footer = new Uint8Array(COMPACTED_FOOTER_BYTES);
    await opened.read(footer, at);
    const storedBytes = storedBytesOf(opened);
    // One with a damaged head is compressed anew.
    if (storedBytes !== undefined && (await headFaultOf(opened)) === undefined)
      deflated?.set(file.name, storedBytes);
    const found = decodeCompactedFooter(footer, bytes);
    if (typeof found === "string") return damaged(at, "the footer is damaged");
    return agrees(found, file) ? undefined : damaged(at, "the manifest tells of another file");
  } finally {
    await opened.close();
  }
}

function agrees(footer: CompactedFooter, file: CompactedFile): boolean {
  return (
    footer.baseOffset === file.baseOffset &&
    footer.nextOffset === file.nextOffset &&
    footer.lastIndex === file.lastIndex &&
    footer.records === file.records &&
    footer.frameBytes === file.frameBytes &&
    footer.lastChain === file.lastChain
  );
}

const ABSENT = "absent";

function absent(file: string, why: string): CompactedDamage {
  return { file, position: 0, what: `${ABSENT}, although ${why}` };
}

function halting({ directory }: PrefixPlace, damage: CompactedDamage): FatalError {
  const { file, position, what } = damage;
  const place = what.startsWith(ABSENT) ? "" : `byte ${position}: `;
  return new FatalError("corruption", `${join(directory, file)}: ${place}${what}; ${NEXT}`);
}
