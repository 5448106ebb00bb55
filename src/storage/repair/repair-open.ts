import type { File } from "../file-system.ts";
import { SegmentTally } from "../verify/segment-tally.ts";
import { missingRows, type SegmentScan } from "../wal/recovery/segment-scan.ts";
import { mendRows } from "../wal/recovery/segment-repair.ts";
import type { SegmentDisk } from "../wal/segment-disk.ts";
import { SegmentWalk } from "../wal/segment-walk.ts";
import { finding, type RepairWork } from "./finding.ts";

export interface OpenWork extends RepairWork {
  readonly disk: SegmentDisk;
}

/** A segment without footer, as it was found, and what its neighbours say about it. */
export interface OpenFound {
  readonly scan: SegmentScan;
  readonly log: File;
  readonly index: File | undefined;
  /** The one that is written. */
  readonly active: boolean;
  /** A later one has a footer: this one's was damaged. */
  readonly laterSealed: boolean;
}

/**
 * Mends rows and footer of a segment that has a later one. What the active one needs is left to
 * the start, which rewrites before it vouches; and no byte of a frame is ever cut off here.
 */
export async function repairOpen(work: OpenWork, open: OpenFound): Promise<void> {
  const { found, disk, apply } = work;
  const { scan, log, active, laterSealed } = open;
  const { rows, faulty, logBytes, segment } = scan;
  for (const { position: byte, index: at, term, what } of faulty)
    found.push(finding("peers", log.path, what, { byte, index: at, term }));
  const kind = active ? "start" : "mend";
  const missing = missingRows(scan).length;
  if (rows.headerFault !== undefined || missing > 0) {
    const why = rows.headerFault ?? "rows are missing or damaged";
    found.push(finding(kind, disk.indexPath(segment.stem), `${why}; made again from the frames`));
    if (apply && !active) await mendIndex(work, open);
  }
  const rest = logBytes - segment.rows.frameBytes;
  if (laterSealed && faulty.length === 0) await mendFooter(work, open);
  else if (rest > 0 && active)
    found.push(finding("start", log.path, `${rest} bytes that nobody was told of are cut off`));
  else if (rest > 0)
    found.push(finding("start", log.path, `${rest} bytes of an unfinished footer are cut off`));
}

async function mendIndex({ disk }: OpenWork, { scan, log, index }: OpenFound): Promise<void> {
  if (index !== undefined) return mendRows(scan, { log, index }, []);
  const created = await disk.createIndex(scan.segment.stem);
  try {
    await mendRows(scan, { log, index: created }, []);
  } finally {
    await created.close();
  }
  await disk.syncNames();
}

/** The footer is a function of the frames, all of which are intact. */
async function mendFooter({ found, apply }: OpenWork, { scan, log }: OpenFound): Promise<void> {
  const { segment, rows } = scan;
  const { frameBytes } = segment.rows;
  found.push(
    finding("mend", log.path, "the footer is damaged; made again from the frames", {
      byte: frameBytes,
    }),
  );
  if (!apply) return;
  const tally = new SegmentTally();
  const walk = new SegmentWalk({
    log,
    end: frameBytes,
    start: rows.start,
    rowOf: () => undefined,
    proof: () => undefined,
  });
  for (let next = await walk.next(); next !== undefined; next = await walk.next()) {
    if (next.kind === "faulty") return;
    let { position } = next;
    for (const { header, bytes } of next.frames) {
      tally.add({ kind: "frame", position, header, bytes });
      position += bytes.length;
    }
  }
  const footer = tally.footerBytes(segment.start);
  if (footer === undefined) return;
  await log.write([footer], frameBytes);
  await log.truncate(frameBytes + footer.length);
  await log.sync();
}
