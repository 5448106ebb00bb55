import type { LogIndex } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import { headFaultOf } from "../compression/inflating-file-system.ts";
import type { DamageControl } from "./damage-control.ts";
import type { FaultSet } from "./fault-set.ts";
import type { FilePool } from "./file-pool.ts";
import { readFooter } from "./footer-file.ts";
import { encodeIndexHeader, INDEX_HEADER_BYTES } from "./index-header.ts";
import { RowDamage } from "./met-damage.ts";
import type { RowPages } from "./row-pages.ts";
import type { SealedRepair } from "./sealed-repair.ts";
import type { SealedSegment } from "./sealed-segment.ts";
import type { SegmentDisk } from "./segment-disk.ts";
import type { SegmentList } from "./segment-list.ts";

const PIECE_BYTES = 1 << 20;

export interface ScrubberPorts {
  readonly segments: SegmentList;
  readonly faults: FaultSet;
  readonly damage: DamageControl;
  readonly sealedRepair: SealedRepair;
  readonly rows: RowPages;
  readonly pool: FilePool;
  readonly disk: SegmentDisk;
}

/** Goes round the sealed segments and looks at every byte of them: rows, frames, footers. */
export class Scrubber {
  readonly #ports: ScrubberPorts;
  /** The entry that comes next; of a segment's first one, header and rows come before it. */
  #next = 0 as LogIndex;
  #run: Promise<unknown> = Promise.resolve();

  constructor(ports: ScrubberPorts) {
    this.#ports = ports;
  }

  scrub(maxBytes: number): Promise<{ readonly bytes: number; readonly roundEnded: boolean }> {
    const run = this.#run.then(() => this.#scrub(maxBytes));
    this.#run = run.catch(() => undefined);
    return run;
  }

  async idle(): Promise<void> {
    await this.#run;
  }

  async #scrub(maxBytes: number): Promise<{ bytes: number; roundEnded: boolean }> {
    let bytes = 0;
    while (bytes < maxBytes) {
      const segment = this.#segmentAt(this.#next);
      if (segment === undefined) {
        this.#next = 0 as LogIndex;
        return { bytes, roundEnded: true };
      }
      bytes += await this.#stepOver(segment, Math.min(PIECE_BYTES, maxBytes - bytes));
    }
    return { bytes, roundEnded: false };
  }

  /** The first sealed segment that ends at or after `index`. */
  #segmentAt(index: LogIndex): SealedSegment | undefined {
    return this.#ports.segments.all.find(
      (segment): segment is SealedSegment => segment.sealed && segment.lastIndex >= index,
    );
  }

  /** A segment that leaves the log meanwhile needs no second look. */
  async #stepOver(segment: SealedSegment, maxBytes: number): Promise<number> {
    try {
      return await this.#step(segment, maxBytes);
    } catch (thrown) {
      if (this.#ports.segments.holds(segment)) throw thrown;
      this.#next = (segment.lastIndex + 1) as LogIndex;
      return 1;
    }
  }

  async #step(segment: SealedSegment, maxBytes: number): Promise<number> {
    const { damage, faults } = this.#ports;
    const from = Math.max(this.#next, segment.firstIndex) as LogIndex;
    let bytes = 0;
    if (from === segment.firstIndex) bytes += await this.#checkRows(segment);
    let last = from;
    if (!faults.has(from))
      try {
        const run = await damage.read(segment, from, maxBytes, segment.lastIndex);
        bytes += run.byteLength;
        last = run.last.index;
      } catch (thrown) {
        if (!(thrown instanceof LogError)) throw thrown;
      }
    if (last === segment.lastIndex) bytes += await this.#checkFooter(segment);
    this.#next = (last + 1) as LogIndex;
    return Math.max(bytes, 1);
  }

  #checkRows(segment: SealedSegment): Promise<number> {
    const { damage, rows, pool, disk } = this.#ports;
    return damage.lookUp(async () => {
      const path = disk.indexPath(segment.stem);
      const version = rows.version(segment);
      const bytes = await rows.verify(segment, segment.firstIndex, segment.lastIndex);
      const header = new Uint8Array(INDEX_HEADER_BYTES);
      const { size } = await pool.use(path, async (file) => {
        await file.read(header, 0);
        return { size: await file.size() };
      });
      const same = Buffer.compare(header, encodeIndexHeader(segment.start)) === 0;
      if (!same || size !== INDEX_HEADER_BYTES + bytes)
        throw new RowDamage(segment, version, `${path}: not the file that was written`);
      return size;
    });
  }

  async #checkFooter(segment: SealedSegment): Promise<number> {
    const { pool, disk, sealedRepair, damage } = this.#ports;
    const path = disk.logPath(segment.stem);
    const footer = await pool.use(path, async (file) => readFooter(file, await file.size()));
    const compressed = segment.storedBytes !== undefined;
    const head = compressed ? await pool.use(path, headFaultOf) : undefined;
    const intact = typeof footer === "object" && footer.lastChain === segment.lastChain;
    // With frames damaged too it waits for them: it is made from all of them.
    const { faults } = this.#ports;
    const why = intact ? head?.what : "footer made again";
    if (why !== undefined && !faults.touches(segment.firstIndex, segment.lastIndex))
      await sealedRepair.footer(segment, (...found) => damage.mended(...found), why);
    return segment.fileBytes - segment.frameBytes;
  }
}
