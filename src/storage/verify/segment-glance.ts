import type { HeadFault } from "../compression/compressed-file.ts";
import { headFaultOf, storedBytesOf } from "../compression/inflating-file-system.ts";
import type { File, FileSystem } from "../file-system.ts";
import { directoryOf, join, nameOf } from "../layout.ts";
import type { Footer, FooterFault } from "../wal/footer.ts";
import { readFooter } from "../wal/footer-file.ts";
import type { IndexHeader, IndexHeaderFault, SegmentStart } from "../wal/index-header.ts";
import {
  compareSegmentNames,
  parseSegmentFileName,
  type SegmentFileName,
} from "../wal/segment-name.ts";
import { RowFile } from "./row-file.ts";

/** One segment by its names, and what its two ends say; two small reads. */
export interface SegmentGlance {
  readonly stem: string;
  readonly name: SegmentFileName;
  readonly logPath: string;
  readonly indexPath: string;
  /** Absent: no such file. */
  readonly logBytes: number | undefined;
  /** Of a compressed file: one of its heads is damaged. */
  readonly headFault: HeadFault | undefined;
  /** What the file takes on the disk, where it is compressed. */
  readonly storedBytes: number | undefined;
  /** Absent: the file does not end in one. */
  readonly footer: Footer | FooterFault | undefined;
  /** `absent`: no `.index` file. */
  readonly header: IndexHeader | IndexHeaderFault | "absent";
}

/** The segments that lie in `directory`, oldest first, and the names that are none. */
export async function glanceAtLog(
  fileSystem: FileSystem,
  directory: string,
  names: readonly string[],
): Promise<{ readonly segments: readonly SegmentGlance[]; readonly foreign: readonly string[] }> {
  const stems = new Map<string, SegmentFileName>();
  const foreign: string[] = [];
  for (const file of names) {
    const name = parseSegmentFileName(file);
    if (name === undefined) foreign.push(file);
    else stems.set(name.stem, name);
  }
  const ordered = [...stems.values()].sort(compareSegmentNames);
  const segments: SegmentGlance[] = [];
  for (const name of ordered)
    segments.push(await glanceAtSegment(fileSystem, directory, name, names));
  return { segments, foreign };
}

export async function glanceAtSegment(
  fileSystem: FileSystem,
  directory: string,
  name: SegmentFileName,
  names: readonly string[],
): Promise<SegmentGlance> {
  const { stem } = name;
  const logPath = join(directory, `${stem}.log`);
  const indexPath = join(directory, `${stem}.index`);
  const look = async <T>(path: string, use: (file: File) => Promise<T>): Promise<T | undefined> =>
    names.includes(nameOf(path)) ? usingIfThere(fileSystem, path, use) : undefined;
  const log = await look(logPath, async (file) => {
    const bytes = await file.size();
    const footer = await readFooter(file, bytes);
    return { bytes, footer, stored: storedBytesOf(file), fault: await headFaultOf(file) };
  });
  const header = await look(indexPath, async (file) => (await RowFile.read(file)).header);
  const { bytes: logBytes, footer, stored: storedBytes, fault: headFault } = log ?? {};
  const found = { logBytes, storedBytes, headFault, footer };
  return { stem, name, logPath, indexPath, ...found, header: header ?? "absent" };
}

/** A running node may let a segment go between the listing of its name and the look at it. */
async function usingIfThere<T>(
  fileSystem: FileSystem,
  path: string,
  use: (file: File) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await using(fileSystem, path, use);
  } catch (error) {
    if ((await fileSystem.list(directoryOf(path)))?.includes(nameOf(path)) === true) throw error;
    return undefined;
  }
}

/** Opens a file to read for as long as `use` takes. */
export async function using<T>(
  fileSystem: FileSystem,
  path: string,
  use: (file: File) => Promise<T>,
): Promise<T> {
  const file = await fileSystem.open(path, "read");
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

export function isSealed({ footer }: SegmentGlance): boolean {
  return footer !== undefined && typeof footer !== "string";
}

/** Where the segment says that it begins: in its index header, else in its footer. */
export function startOf({ header, footer }: SegmentGlance): SegmentStart | undefined {
  if (typeof header !== "string") return header;
  if (footer === undefined || typeof footer === "string") return undefined;
  const { baseOffset, firstIndex, prevTerm, prevChain } = footer;
  return { baseOffset, firstIndex, prevTerm, prevChain };
}
