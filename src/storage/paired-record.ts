import { FatalError } from "../common/fatal-error.ts";
import type { File, FileSystem } from "./file-system.ts";
import { join, pairOf } from "./layout.ts";
import {
  decodeRecord,
  encodeRecord,
  MAX_RECORD_FILE_BYTES,
  type RecordFile,
  type RecordFormat,
} from "./record-file.ts";

/** Both files as they were found; nothing has been changed yet. */
export interface RecordPair<T> {
  readonly paths: readonly [string, string];
  readonly files: readonly [RecordFile<T>, RecordFile<T>];
}

type Valid<T> = Extract<RecordFile<T>, { kind: "valid" }>;

/** @throws FatalError("config") when a newer program wrote the record. */
export async function readRecordPair<T>(
  fileSystem: FileSystem,
  directory: string,
  format: RecordFormat<T>,
): Promise<RecordPair<T>> {
  const names = (await fileSystem.list(directory)) ?? [];
  const pair = await lookAtPair(fileSystem, directory, format, names);
  for (const [i, file] of pair.files.entries())
    if (file.kind === "newer")
      throw new FatalError(
        "config",
        `${pair.paths[i]} has format version ${file.version}, and this program knows ` +
          `${format.version}: start a newer Balsa on it (nothing was changed)`,
      );
  return pair;
}

/** Reads both files of a record without judging them; `names`: what lies in the directory. */
export async function lookAtPair<T>(
  fileSystem: FileSystem,
  directory: string,
  format: RecordFormat<T>,
  names: readonly string[],
): Promise<RecordPair<T>> {
  const [first, second] = pairOf(format.name);
  const read = async (name: string): Promise<RecordFile<T>> =>
    names.includes(name)
      ? readRecordFile(fileSystem, join(directory, name), format)
      : { kind: "absent" };
  const paths = [join(directory, first), join(directory, second)] as const;
  return { paths, files: [await read(first), await read(second)] };
}

export async function readRecordFile<T>(
  fileSystem: FileSystem,
  path: string,
  format: RecordFormat<T>,
): Promise<RecordFile<T>> {
  const file = await fileSystem.open(path, "read");
  try {
    const size = await file.size();
    if (size > MAX_RECORD_FILE_BYTES)
      return { kind: "damaged", byte: MAX_RECORD_FILE_BYTES, reason: `it has ${size} bytes` };
    const bytes = new Uint8Array(size);
    return decodeRecord(format, bytes.subarray(0, await file.read(bytes, 0)));
  } finally {
    await file.close();
  }
}

/** The valid record of the highest generation; the first file's where both have the same. */
export function winnerOf<T>({ files }: RecordPair<T>): Valid<T> | undefined {
  const [first, second] = files;
  if (first.kind !== "valid") return second.kind === "valid" ? second : undefined;
  return second.kind === "valid" && second.generation > first.generation ? second : first;
}

/**
 * A record in two files. Every write goes to the first file, synced, then to the second, synced;
 * so a crash can harm only one of them, and that one only with a value that nobody was told about.
 */
export class PairedRecord<T> {
  readonly #format: RecordFormat<T>;
  readonly #files: readonly [File, File];
  #generation: number;
  #value: T;

  private constructor(format: RecordFormat<T>, files: readonly [File, File], current: Valid<T>) {
    this.#format = format;
    this.#files = files;
    this.#generation = current.generation;
    this.#value = current.value;
  }

  /** The value that both files hold. */
  get value(): T {
    return this.#value;
  }

  /** Makes the pair; what is left of an earlier attempt is overwritten. */
  static async create<T>(
    fileSystem: FileSystem,
    directory: string,
    format: RecordFormat<T>,
    pair: RecordPair<T>,
    value: T,
  ): Promise<PairedRecord<T>> {
    const files = await openBoth(fileSystem, directory, format, pair);
    const record = new PairedRecord(format, files, { kind: "valid", generation: 0, value });
    await record.write(value);
    return record;
  }

  /** Opens a pair that has a valid file, and heals the other from it before anything else. */
  static async open<T>(
    fileSystem: FileSystem,
    directory: string,
    format: RecordFormat<T>,
    pair: RecordPair<T>,
    winner: Valid<T>,
  ): Promise<PairedRecord<T>> {
    const files = await openBoth(fileSystem, directory, format, pair);
    const record = new PairedRecord(format, files, winner);
    for (const which of toHeal(pair)) await record.#heal(which);
    return record;
  }

  /** Resolves when both files hold `value`. One call at a time. */
  async write(value: T): Promise<void> {
    const generation = this.#generation + 1;
    const bytes = encodeRecord(this.#format, generation, value);
    for (const file of this.#files) await writeSynced(file, bytes);
    this.#generation = generation;
    this.#value = value;
  }

  async close(): Promise<void> {
    for (const file of this.#files) await file.close();
  }

  async #heal(which: 0 | 1): Promise<void> {
    const bytes = encodeRecord(this.#format, this.#generation, this.#value);
    await writeSynced(this.#files[which], bytes);
  }
}

async function writeSynced(file: File, bytes: Uint8Array): Promise<void> {
  await file.write([bytes], 0);
  await file.sync();
}

/**
 * Which files to write again at start, in this order, so that at every moment one of them is on
 * the device. The page cache is not the disk: what was read may be lost by the next power loss.
 *
 * - Same generation in both: the second was written after the first was synced, so the first is
 *   safe and the second may not be.
 * - First newer: it may not be safe, and the older second is; first, then second.
 * - One of them absent, damaged or behind: that one.
 */
function toHeal<T>({ files: [first, second] }: RecordPair<T>): readonly (0 | 1)[] {
  if (second.kind !== "valid") return [1];
  if (first.kind !== "valid" || first.generation < second.generation) return [0];
  return first.generation > second.generation ? [0, 1] : [1];
}

/** Creates what is absent; both names are on the disk before either is written. */
async function openBoth<T>(
  fileSystem: FileSystem,
  directory: string,
  { fileBytes }: RecordFormat<T>,
  { paths, files }: RecordPair<T>,
): Promise<readonly [File, File]> {
  const open = async (which: 0 | 1) => {
    const mode = files[which].kind === "absent" ? "create" : "write";
    const file = await fileSystem.open(paths[which], mode);
    if ((await file.size()) > fileBytes) await file.truncate(fileBytes);
    return file;
  };
  const opened = [await open(0), await open(1)] as const;
  await fileSystem.syncDirectory(directory);
  return opened;
}
