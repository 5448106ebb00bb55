import { storedBytesOf } from "../../compression/inflating-file-system.ts";
import type { File, FileSystem } from "../../file-system.ts";
import { join } from "../../layout.ts";
import type { LogStart } from "../../snapshots/types.ts";
import { unknownVersion } from "../damage.ts";
import type { Footer } from "../footer.ts";
import { readFooter } from "../footer-file.ts";
import type { SegmentStart } from "../index-header.ts";
import { logOrigin, startBehind } from "../log-tail.ts";
import { readIndexHeader } from "../index-file.ts";
import { SealedSegment } from "../sealed-segment.ts";
import type { SegmentDisk } from "../segment-disk.ts";
import { type Extent, extentOf, startAfter } from "./continuity.ts";
import type { FoundSegment, Manifest } from "./inventory.ts";
import { type SegmentScan, scanSegment } from "./segment-scan.ts";

/** Footers read at the same time: a long log has thousands. */
const FOOTERS_AT_ONCE = 16;

/** One segment as found: by its footer, or by all that is in it. */
export type Part =
  | {
      readonly kind: "sealed";
      readonly segment: SealedSegment;
      readonly footer: Footer;
      /** Whether its `.index` file is there. */
      readonly index: boolean;
    }
  | {
      readonly kind: "open";
      readonly scan: SegmentScan;
      readonly log: File;
      /** Absent where there is no `.index` file. */
      readonly index: File | undefined;
    };

export interface LookOptions {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  /** The segments that must be there. */
  readonly manifest: Manifest;
  readonly chainSeed: number;
  /** What comes before the oldest segment, as its checkpoint says; absent: nothing does. */
  readonly origin?: LogStart | undefined;
  readonly disk: SegmentDisk;
}

type SealedPart = Extract<Part, { kind: "sealed" }>;

/**
 * Looks at every segment that the manifest names, and touches nothing. Only those without an
 * intact footer are read whole; `opened` gets the files that stay open for them.
 */
export async function lookAtParts(
  options: LookOptions,
  named: readonly FoundSegment[],
  opened: File[],
): Promise<readonly Part[]> {
  const sealed = await readFooters(options, named);
  const parts: Part[] = [];
  let expected = originOf(options);
  for (const [at, found] of named.entries()) {
    const part =
      sealed[at] ?? (await lookInto(options, { named, sealed, at, found, expected }, opened));
    parts.push(part);
    expected = startAfter(extentOfPart(part));
  }
  return parts;
}

export function extentOfPart(part: Part): Extent {
  if (part.kind === "open") return extentOf(part.scan.segment);
  return { ...part.footer, stem: part.segment.stem };
}

/** Where the oldest segment must begin; not known where older ones went without a checkpoint. */
export function originOf(options: {
  readonly manifest: Manifest;
  readonly chainSeed: number;
  readonly origin?: LogStart | undefined;
}): SegmentStart | undefined {
  const { manifest, chainSeed, origin } = options;
  if (manifest.firstSegment?.firstIndex === 1) return startBehind(logOrigin(chainSeed));
  return origin && startBehind(origin);
}

/** The active segment has no footer, whatever its last bytes look like. */
async function readFooters(
  { fileSystem, directory }: LookOptions,
  named: readonly FoundSegment[],
): Promise<readonly (SealedPart | undefined)[]> {
  const candidates = named.slice(0, -1);
  const found: (SealedPart | undefined)[] = [];
  for (let at = 0; at < candidates.length; at += FOOTERS_AT_ONCE) {
    const some = candidates.slice(at, at + FOOTERS_AT_ONCE);
    const read = some.map((segment) => readSegmentEnd(fileSystem, directory, segment));
    found.push(...(await Promise.all(read)));
  }
  return found;
}

/** A segment by its footer; absent where there is none that is intact. */
async function readSegmentEnd(
  fileSystem: FileSystem,
  directory: string,
  { stem, index }: FoundSegment,
): Promise<SealedPart | undefined> {
  const file = await fileSystem.open(join(directory, `${stem}.log`), "read");
  try {
    const fileBytes = await file.size();
    const footer = await readFooter(file, fileBytes);
    if (footer === "version") throw unknownVersion({ file: file.path, byte: 0 }, "the footer is");
    if (footer === undefined || footer === "damaged") return undefined;
    const segment = new SealedSegment(stem, footer, fileBytes, storedBytesOf(file));
    return { kind: "sealed", footer, index, segment };
  } finally {
    await file.close();
  }
}

interface Position {
  readonly named: readonly FoundSegment[];
  readonly sealed: readonly (SealedPart | undefined)[];
  readonly at: number;
  readonly found: FoundSegment;
  readonly expected: SegmentStart | undefined;
}

async function lookInto(options: LookOptions, position: Position, opened: File[]): Promise<Part> {
  const { fileSystem, disk } = options;
  const { stem } = position.found;
  const log = await fileSystem.open(disk.logPath(stem), "write");
  opened.push(log);
  const index = position.found.index
    ? await fileSystem.open(disk.indexPath(stem), "write")
    : undefined;
  if (index !== undefined) opened.push(index);
  const scan = await scanSegment({
    stem,
    log,
    index,
    indexPath: disk.indexPath(stem),
    expected: position.expected,
    nextFirstIndex: await firstIndexAfter(options, position),
  });
  return { kind: "open", scan, log, index };
}

/** The next segment's first entry, by its footer, the manifest, or its index header. */
async function firstIndexAfter(
  { fileSystem, manifest, disk }: LookOptions,
  { named, sealed, at }: Position,
): Promise<SegmentStart["firstIndex"] | undefined> {
  const next = named[at + 1];
  if (next === undefined) return undefined;
  const footer = sealed[at + 1]?.footer;
  if (footer !== undefined) return footer.firstIndex;
  if (at + 2 === named.length) return manifest.activeSegment?.firstIndex;
  if (!next.index) return next.name.firstIndex;
  const header = await readIndexHeader(fileSystem, disk.indexPath(next.stem));
  return header?.firstIndex ?? next.name.firstIndex;
}
