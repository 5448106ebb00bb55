import type { LogIndex } from "../../common/brand.ts";
import { MAX_GROUP_BYTES } from "../../common/limits.ts";
import type { File, FileSystem } from "../file-system.ts";
import type { Footer } from "../wal/footer.ts";
import { encodeIndexHeader, INDEX_HEADER_BYTES, type SegmentStart } from "../wal/index-header.ts";
import { FileWindow } from "./file-window.ts";
import type { VerifyFinding } from "./finding.ts";
import { findFrame, type WalkedFault, walkFrames } from "./frame-walk.ts";
import { checkFooter } from "./footer-check.ts";
import { RowCheck } from "./row-check.ts";
import { RowFile, type Rows } from "./row-file.ts";
import { damagedFrames, damagedIndexHeader, otherVersion, tornEnd } from "./segment-findings.ts";
import { type SegmentGlance, startOf, using } from "./segment-glance.ts";
import { SegmentTally } from "./segment-tally.ts";

/** What the segments around one say about it. */
export interface Neighbours {
  /** Where it must begin, as the segment before (or the cluster) says; absent: not known. */
  readonly expectedStart: SegmentStart | undefined;
  /** First entry of the next segment; absent where there is none. */
  readonly nextFirstIndex: LogIndex | undefined;
  /** A later segment has a footer, and footers are written oldest first. */
  readonly laterSealed: boolean;
}

export interface SegmentReport {
  readonly findings: readonly VerifyFinding[];
  readonly tally: SegmentTally;
  /** Rows that are intact and tell of their frames. */
  readonly rows: number;
  /** Of both files. */
  readonly bytes: number;
  /** Where the next segment must begin; absent where damage hides it. */
  readonly nextStart: SegmentStart | undefined;
}

/** Checks every byte of a segment's two files. The `.index` file is read first: see there. */
export function checkSegment(
  fileSystem: FileSystem,
  glance: SegmentGlance,
  neighbours: Neighbours,
): Promise<SegmentReport> {
  const { indexPath, logPath, header } = glance;
  const check = (index: RowFile | undefined) =>
    using(fileSystem, logPath, (log) => new SegmentCheck(glance, neighbours, index).run(log));
  if (header === "absent") return check(undefined);
  // A row is written after its frame: rows that were seen first speak of frames that are there.
  return using(fileSystem, indexPath, async (file) => check(await RowFile.read(file)));
}

class SegmentCheck {
  readonly #glance: SegmentGlance;
  readonly #neighbours: Neighbours;
  readonly #index: RowFile | undefined;
  readonly #start: SegmentStart | undefined;
  readonly #footer: Footer | undefined;
  readonly #findings: VerifyFinding[] = [];
  readonly #tally = new SegmentTally();
  /** The last entry that something proves to have been durable, and what does. */
  #vouched: { readonly index: number; readonly proof: string } = { index: 0, proof: "" };

  constructor(glance: SegmentGlance, neighbours: Neighbours, index: RowFile | undefined) {
    this.#glance = glance;
    this.#neighbours = neighbours;
    this.#index = index;
    this.#start = startOf(glance) ?? neighbours.expectedStart;
    const { footer } = glance;
    this.#footer = typeof footer === "string" ? undefined : footer;
  }

  async run(log: File): Promise<SegmentReport> {
    const fileBytes = await log.size();
    const rows = await this.#checkIndexHeader();
    const rowCheck = rows && new RowCheck(rows, this.#glance.indexPath, this.#findings);
    const evidence = await rows?.evidence();
    this.#vouch(evidence?.lastProven ?? 0, "a row proves that it was synced");
    this.#vouch(evidence?.knownCommit ?? 0, "a row knows that it was committed");
    const { nextFirstIndex } = this.#neighbours;
    this.#vouch((nextFirstIndex ?? 1) - 1, "the next segment proves that it was synced");
    this.#vouch(this.#footer?.lastIndex ?? 0, "the footer proves that it was committed");
    const frames = new FileWindow(log, this.#footer?.frameBytes ?? fileBytes);
    const end = await this.#walk(frames, rowCheck);
    await this.#checkEnd(new FileWindow(log, fileBytes), end);
    rowCheck?.finish({
      sealed: this.#footer !== undefined,
      closed: nextFirstIndex !== undefined,
      lastProven: evidence?.lastProven,
      last: this.#tally.last?.index,
      broken: this.#tally.broken,
      indexBytes: this.#index?.bytes ?? 0,
    });
    return {
      findings: this.#findings,
      tally: this.#tally,
      rows: rowCheck?.intact ?? 0,
      bytes: fileBytes + (this.#index?.bytes ?? 0),
      nextStart: this.#nextStart(),
    };
  }

  #nextStart(): SegmentStart | undefined {
    const start = this.#start;
    if (start === undefined || (this.#tally.broken && this.#footer === undefined)) return undefined;
    if (this.#footer === undefined) return this.#tally.nextStart(start);
    const { nextOffset, lastIndex, lastTerm, lastChain } = this.#footer;
    const firstIndex = (lastIndex + 1) as LogIndex;
    return { baseOffset: nextOffset, firstIndex, prevTerm: lastTerm, prevChain: lastChain };
  }

  #vouch(index: number, proof: string): void {
    if (index > this.#vouched.index) this.#vouched = { index, proof };
  }

  /** The rows, where header or neighbours tell how to read them. */
  async #checkIndexHeader(): Promise<Rows | undefined> {
    const { indexPath: file, header } = this.#glance;
    const start = this.#start;
    const index = this.#index;
    if (index === undefined) return undefined;
    if (header === "version") {
      this.#findings.push(otherVersion({ file, byte: 0, what: "a header of another version" }));
      return undefined;
    }
    if (typeof header !== "string") return index.rowsOf(header);
    const what = header === "cut" ? "the header is cut off" : "the header is damaged";
    const byte = start === undefined ? 0 : differsAt(await index.headerBytes(), start);
    this.#findings.push(damagedIndexHeader({ file, byte, what }));
    return start === undefined || header === "cut" ? undefined : index.rowsOf(start);
  }

  async #walk(frames: FileWindow, rows: RowCheck | undefined): Promise<End> {
    const firstIndex = this.#start?.firstIndex;
    const start = { firstIndex, chain: this.#start?.prevChain };
    let end: End = { position: 0, next: firstIndex ?? 1, fault: undefined, hidden: false };
    for await (const found of walkFrames(frames, start)) {
      const { position } = found;
      if (found.kind === "frame") {
        this.#tally.add(found);
        await rows?.compare(found);
        const next = found.header.index + 1;
        end = { position: position + found.bytes.length, next, fault: undefined, hidden: false };
        continue;
      }
      if (!(await this.#isVouchedFor(frames, found)))
        return { position, next: found.index, fault: found, hidden: false };
      this.#report(found);
      end = { position, next: found.index, fault: found, hidden: true };
    }
    return end;
  }

  async #isVouchedFor(frames: FileWindow, found: WalkedFault): Promise<boolean> {
    if (this.#footer !== undefined || found.index <= this.#vouched.index) return true;
    if (this.#neighbours.nextFirstIndex !== undefined) return false;
    const from = found.position + MAX_GROUP_BYTES;
    const segmentFirstIndex = this.#start?.firstIndex;
    const later = await findFrame(frames, from, { index: found.index, segmentFirstIndex });
    if (later === undefined) return false;
    this.#vouch(found.index, `the frame at byte ${later.position} proves that it was synced`);
    return true;
  }

  #report({ position, index, fault, what }: WalkedFault): void {
    this.#tally.break();
    const seen = { file: this.#glance.logPath, byte: position, index, what };
    this.#findings.push(
      fault === "version" ? otherVersion(seen) : damagedFrames(seen, this.#vouched.proof),
    );
  }

  /** What lies after the last frame. */
  async #checkEnd(log: FileWindow, { position, next, fault, hidden }: End): Promise<void> {
    if (hidden) return;
    const file = log.path;
    const index = next as LogIndex;
    if (next <= this.#vouched.index) {
      const what = `the file ends before entry ${next}`;
      this.#tally.break();
      this.#findings.push(
        damagedFrames({ file, byte: position, index, what }, this.#vouched.proof),
      );
    } else if (this.#neighbours.nextFirstIndex !== undefined || this.#footer !== undefined) {
      const footer = this.#start && this.#tally.footerBytes(this.#start);
      const { laterSealed } = this.#neighbours;
      if (footer !== undefined)
        this.#findings.push(...(await checkFooter({ log, position, footer, laterSealed })));
    } else if (fault !== undefined) {
      const what = `${log.end - position} bytes after the last whole frame: ${fault.what}`;
      this.#findings.push(tornEnd({ file, byte: position, index, what }));
    }
  }
}

/** Where a walk ended. */
interface End {
  readonly position: number;
  /** The entry that would come next. */
  readonly next: number;
  readonly fault: WalkedFault | undefined;
  /** Damage, reported already, hides what follows. */
  readonly hidden: boolean;
}

/** Where a header and the one that should be there first differ. */
export function differsAt(found: Uint8Array, start: SegmentStart): number {
  const expected = encodeIndexHeader(start);
  for (let at = 0; at < INDEX_HEADER_BYTES; at++) if (found[at] !== expected[at]) return at;
  return 0;
}
