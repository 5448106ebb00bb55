import type { LogIndex } from "../../common/brand.ts";
import { decodeFrame, type Frame } from "../../common/frame.ts";
import type { File, FileSystem } from "../file-system.ts";
import type { FaultyEntry } from "../types.ts";
import { SegmentTally } from "../verify/segment-tally.ts";
import { damage } from "./damage.ts";
import { encodeFooter } from "./footer.ts";
import { readFooter } from "./footer-file.ts";
import { FOOTER_PROOF, isWhole } from "./index-rebuild.ts";
import type { Row } from "./row.ts";
import type { SealedSegment } from "./sealed-segment.ts";
import type { SegmentDisk } from "./segment-disk.ts";
import { SegmentWalk } from "./segment-walk.ts";

const PIECE_BYTES = 1 << 20;

export interface SealedRebuildOptions {
  readonly fileSystem: FileSystem;
  readonly disk: SegmentDisk;
  readonly segment: SealedSegment;
  /** Rows of the segment. */
  readonly rowOf: (index: LogIndex) => Promise<Row>;
  /** Verified frames of damaged entries. */
  readonly patches: ReadonlyMap<LogIndex, Frame>;
}

/** What a file that was written anew is like. */
export interface SealedRebuild {
  /** Entries that are damaged still. */
  readonly faulty: readonly FaultyEntry[];
  /** The file is, byte for byte, that of the other nodes. */
  readonly whole: boolean;
}

/**
 * Writes the `.log` file of a sealed segment anew, with `patches` in place of damaged frames, and
 * puts it in place of the old one. Once no damaged frame is left it is checked against the footer
 * (SHA-256 and all); where the footer is damaged too, it is made again from the frames.
 * @throws FatalError("corruption") when the frames are not those that the footer tells of.
 */
export async function rebuildSealed(options: SealedRebuildOptions): Promise<SealedRebuild> {
  const { fileSystem, disk, segment } = options;
  const path = disk.logPath(segment.stem);
  const old = await fileSystem.open(path, "read");
  const faulty: FaultyEntry[] = [];
  try {
    await disk.replace(path, async (file) => {
      const tally = new SegmentTally();
      await copyFrames({ ...options, old, file, tally, faulty });
      await writeEnd({ old, file, tally, segment, whole: faulty.length === 0 });
    });
  } finally {
    await old.close();
  }
  return { faulty, whole: faulty.length === 0 };
}

interface Copy extends SealedRebuildOptions {
  readonly old: File;
  readonly file: File;
  readonly tally: SegmentTally;
  readonly faulty: FaultyEntry[];
}

async function copyFrames(copy: Copy): Promise<void> {
  const { old, file, tally, segment, rowOf, patches } = copy;
  const { start, lastIndex, frameBytes } = segment;
  const walk = new SegmentWalk({
    log: old,
    end: frameBytes,
    start,
    rowOf,
    proof: (index) => (index <= lastIndex ? FOOTER_PROOF : undefined),
  });
  for (let found = await walk.next(); found !== undefined; found = await walk.next()) {
    if (found.kind === "frames") {
      await file.write([found.bytes], found.position);
      let { position } = found;
      for (const { header, bytes } of found.frames) {
        tally.add({ kind: "frame", position, header, bytes });
        position += bytes.length;
      }
      continue;
    }
    const { index, position, length } = found.row;
    const patch = patches.get(index);
    if (patch !== undefined && fits(patch, found.row)) {
      await file.write([patch.bytes], position);
      tally.add({ kind: "frame", position, ...patch });
    } else await copyDamaged(copy, found.row, position, length);
  }
  if (!isWhole(walk, segment))
    throw damage(
      { file: old.path, byte: walk.position, index: walk.index },
      "the frames do not end where the footer says",
    );
}

function fits(patch: Frame, row: Row): boolean {
  return patch.header.chain === row.chain && patch.bytes.length === row.length;
}

async function copyDamaged(
  { old, file, tally, segment, faulty }: Copy,
  row: Row,
  position: number,
  length: number,
): Promise<void> {
  const bytes = new Uint8Array(length);
  await old.read(bytes, position);
  await file.write([bytes], position);
  tally.break();
  const { index, term, chain } = row;
  faulty.push({ index, term, chain, file: `${segment.stem}.log`, position });
}

async function writeEnd(end: {
  readonly old: File;
  readonly file: File;
  readonly tally: SegmentTally;
  readonly segment: SealedSegment;
  readonly whole: boolean;
}): Promise<void> {
  const { old, file, tally, segment, whole } = end;
  const { frameBytes, start } = segment;
  const oldBytes = await old.size();
  if (!whole) {
    for (let at = frameBytes; at < oldBytes; at += PIECE_BYTES) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, oldBytes - at));
      await old.read(piece, at);
      await file.write([piece], at);
    }
    return;
  }
  const footer = tally.footerBytes(start);
  const told = await readFooter(old, oldBytes);
  const same =
    typeof told !== "object" ||
    (footer !== undefined && Buffer.compare(footer, encodeFooter(told)) === 0);
  if (footer === undefined || !same)
    throw damage(
      { file: old.path, byte: frameBytes },
      "the frames, intact each, are not those whose SHA-256 the footer has",
    );
  await file.write([footer], frameBytes);
}

/** Exactly one whole frame, which continues `prevChain` where that is known. */
export function frameOf(bytes: Uint8Array, prevChain: number | undefined): Frame | undefined {
  const frame = decodeFrame(bytes, 0, prevChain);
  return typeof frame === "string" || frame.bytes.length !== bytes.length ? undefined : frame;
}
