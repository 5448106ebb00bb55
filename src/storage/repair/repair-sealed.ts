import type { FileSystem } from "../file-system.ts";
import { SegmentTally } from "../verify/segment-tally.ts";
import { encodeFooter, type Footer } from "../wal/footer.ts";
import { FOOTER_PROOF, rebuildIndex } from "../wal/index-rebuild.ts";
import { indexBytes } from "../wal/recovery/segment-scan.ts";
import { type RowScan, scanRows } from "../wal/recovery/row-scan.ts";
import type { SealedSegment } from "../wal/sealed-segment.ts";
import type { SegmentDisk } from "../wal/segment-disk.ts";
import { SegmentWalk } from "../wal/segment-walk.ts";
import { using } from "../verify/segment-glance.ts";
import { finding, type RepairWork } from "./finding.ts";

export interface SealedWork extends RepairWork {
  readonly fileSystem: FileSystem;
  readonly disk: SegmentDisk;
}

/** Looks at every byte of a sealed segment; makes its rows again where they are damaged. */
export async function repairSealed(
  work: SealedWork,
  segment: SealedSegment,
  footer: Footer,
): Promise<void> {
  const { fileSystem, disk, apply, found } = work;
  const path = disk.indexPath(segment.stem);
  const rows = await readRows(fileSystem, disk, segment);
  await walkFrames(work, segment, footer, rows);
  const wrong = wrongRows(segment, rows);
  if (wrong === undefined) return;
  found.push(finding("mend", path, `${wrong}; rows made again from the frames`));
  if (apply) await rebuildIndex({ fileSystem, disk, segment });
}

async function readRows(
  fileSystem: FileSystem,
  disk: SegmentDisk,
  { stem, start }: SealedSegment,
): Promise<RowScan> {
  const path = disk.indexPath(stem);
  if (!(await disk.exists(path))) return scanRows(path, undefined, start);
  return using(fileSystem, path, (file) => scanRows(path, file, start));
}

function wrongRows(
  { start, firstIndex, lastIndex }: SealedSegment,
  rows: RowScan,
): string | undefined {
  if (rows.headerFault !== undefined) return rows.headerFault;
  const same =
    rows.start.firstIndex === firstIndex &&
    rows.start.baseOffset === start.baseOffset &&
    rows.start.prevChain === start.prevChain;
  if (!same) return "the header is that of another segment";
  const count = lastIndex - firstIndex + 1;
  for (let at = 0; at < count; at++)
    if (rows.row(at) === undefined) return `the row of entry ${firstIndex + at} is damaged`;
  return rows.fileBytes === indexBytes(count) ? undefined : "bytes follow the last row";
}

async function walkFrames(
  { fileSystem, disk, found }: SealedWork,
  segment: SealedSegment,
  footer: Footer,
  rows: RowScan,
): Promise<void> {
  const path = disk.logPath(segment.stem);
  const { start, firstIndex, lastIndex, frameBytes } = segment;
  const tally = new SegmentTally();
  await using(fileSystem, path, async (log) => {
    const walk = new SegmentWalk({
      log,
      end: frameBytes,
      start,
      rowOf: (index) => rows.row(index - firstIndex),
      proof: (index) => (index <= lastIndex ? FOOTER_PROOF : undefined),
    });
    for (let next = await walk.next(); next !== undefined; next = await walk.next()) {
      if (next.kind === "faulty") {
        const { position: byte, index, term } = next.row;
        found.push(finding("peers", path, next.what, { byte, index, term }));
        tally.break();
        continue;
      }
      let { position } = next;
      for (const { header, bytes } of next.frames) {
        tally.add({ kind: "frame", position, header, bytes });
        position += bytes.length;
      }
    }
  });
  const computed = tally.footerBytes(start);
  if (computed === undefined || Buffer.compare(computed, encodeFooter(footer)) === 0) return;
  const what = "the frames, intact each, are not those whose SHA-256 the footer has";
  found.push(finding("stuck", path, what, { byte: frameBytes }));
}
