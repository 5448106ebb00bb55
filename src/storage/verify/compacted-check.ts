import { createHash } from "node:crypto";
import { type FrameHeader, viewOf } from "../../common/frame.ts";
import {
  COMPACTED_FOOTER_BYTES,
  type CompactedFooter,
  decodeCompactedFooter,
  encodeCompactedFooter,
  FOOTER_COUNTS,
} from "../compaction/compacted-footer.ts";
import {
  COMPACTED_ROW_BYTES,
  type CompactedRow,
  readCompactedRow,
  ROW_INTERVAL_BYTES,
} from "../compaction/compacted-row.ts";
import type { CompactedFile } from "../compaction/manifest.ts";
import { headFaultOf } from "../compression/inflating-file-system.ts";
import type { File, FileSystem } from "../file-system.ts";
import { hashOfFile } from "../snapshots/file-hash.ts";
import { walkCompacted } from "./compacted-walk.ts";
import { FileWindow } from "./file-window.ts";
import type { VerifyFinding } from "./finding.ts";
import type { WalkedFrame } from "./frame-walk.ts";
import { damagedHead } from "./head-findings.ts";
import { damagedCompacted } from "./prefix-findings.ts";
import { otherVersion } from "./segment-findings.ts";
import { using } from "./segment-glance.ts";

export interface CompactedReport {
  readonly findings: readonly VerifyFinding[];
  readonly frames: number;
  readonly records: number;
  /** Rows that are intact. */
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Checks every byte of a compacted file: frames and chain, rows against frames, and the footer byte
 * by byte against the one that these frames give.
 * @param told what the manifest says of the file; absent: the footer alone is believed.
 */
export function checkCompacted(
  fileSystem: FileSystem,
  path: string,
  told: CompactedFile | undefined,
): Promise<CompactedReport> {
  return using(fileSystem, path, (file) => new CompactedCheck(file, told).run());
}

/** What the end of a file, or its manifest, says of the rest. */
type Facts = Pick<
  CompactedFooter,
  "baseOffset" | "nextOffset" | "lastIndex" | "frameBytes" | "rows"
>;

class CompactedCheck {
  readonly #file: File;
  readonly #told: CompactedFile | undefined;
  readonly #findings: VerifyFinding[] = [];
  /** The rows that belong to the frames, as long as no frame is damaged. */
  readonly #expected: CompactedRow[] = [];
  #first: FrameHeader | undefined;
  #last: FrameHeader | undefined;
  #frames = 0;
  #records = 0;
  #rows = 0;

  constructor(file: File, told: CompactedFile | undefined) {
    this.#file = file;
    this.#told = told;
  }

  async run(): Promise<CompactedReport> {
    const told = this.#told;
    const size = await this.#file.size();
    if (told !== undefined && size !== told.bytes)
      this.#damaged(Math.min(size, told.bytes), `${size} bytes; its manifest says ${told.bytes}`);
    else await this.#check(size);
    const fault = await headFaultOf(this.#file);
    if (fault !== undefined) this.#findings.push(damagedHead(this.#file.path, fault));
    const counted = { frames: this.#frames, records: this.#records, rows: this.#rows };
    return { findings: this.#findings, ...counted, bytes: size };
  }

  async #check(size: number): Promise<void> {
    const at = Math.max(0, size - COMPACTED_FOOTER_BYTES);
    const bytes = await this.#bytes(at, COMPACTED_FOOTER_BYTES);
    const footer = decodeCompactedFooter(bytes, size);
    if (footer === "version") {
      const what = "a footer of another version";
      this.#findings.push(otherVersion({ file: this.#file.path, byte: at, what }));
      return;
    }
    const facts = this.#told ?? (footer === "damaged" ? undefined : footer);
    if (facts === undefined) {
      this.#damaged(at, "it does not end in an intact footer");
      return;
    }
    await this.#walk(facts);
    await this.#checkRows(facts);
    await this.#checkFooter(facts, at, bytes);
    await this.#checkManifest(at);
  }

  async #walk({ frameBytes }: Facts): Promise<void> {
    let nextRowAt = 0;
    let prevChain = 0;
    for await (const found of walkCompacted(new FileWindow(this.#file, frameBytes))) {
      if (found.kind === "fault") {
        this.#damaged(found.position, found.what, found.header);
        continue;
      }
      this.#count(found);
      const { position, header } = found;
      if (position >= nextRowAt) {
        const { baseOffset: offset, timestamp } = header;
        this.#expected.push({ offset, timestamp, position, prevChain });
        nextRowAt = position + ROW_INTERVAL_BYTES;
      }
      prevChain = header.chain;
    }
  }

  #count({ header }: WalkedFrame): void {
    this.#first ??= header;
    this.#last = header;
    this.#frames++;
    this.#records += header.recordCount;
  }

  async #checkRows({ frameBytes, rows }: Facts): Promise<void> {
    const framesAreWhole = this.#findings.length === 0;
    for (let number = 0; number < rows; number++) {
      const position = frameBytes + number * COMPACTED_ROW_BYTES;
      const bytes = await this.#bytes(position, COMPACTED_ROW_BYTES);
      const whole = bytes.length === COMPACTED_ROW_BYTES;
      const row = whole ? readCompactedRow(viewOf(bytes), 0, number) : undefined;
      if (row === undefined) this.#damaged(position, "the row does not match its checksum");
      else if (framesAreWhole && !isSame(row, this.#expected[number]))
        this.#damaged(position, "the row does not tell of the frames that lie in the file");
      else this.#rows++;
    }
  }

  /** The footer is a function of the frames, the rows, and what the file stands for. */
  async #checkFooter(facts: Facts, at: number, found: Uint8Array): Promise<void> {
    const [first, last] = [this.#first, this.#last];
    const broken = this.#findings.length > 0;
    if (broken || first === undefined || last === undefined) {
      // Without all frames nobody can tell what it should be; its own sum still can.
      if (typeof decodeCompactedFooter(found, at + COMPACTED_FOOTER_BYTES) === "string")
        this.#damaged(at, "the footer does not match its checksum");
      return;
    }
    const hash = createHash("sha256");
    await hashOfFile(this.#file, 0, at, hash);
    const { baseOffset, nextOffset, lastIndex } = facts;
    const expected = encodeCompactedFooter({
      ...{ baseOffset, nextOffset, lastIndex, firstIndex: first.index },
      firstTimestamp: first.timestamp,
      lastTimestamp: last.timestamp,
      records: this.#records,
      frameBytes: at - this.#expected.length * COMPACTED_ROW_BYTES,
      rows: this.#expected.length,
      lastChain: last.chain,
      sha256: hash.digest(),
    });
    const differs = expected.findIndex((byte, i) => byte !== found[i]);
    if (differs >= 0) this.#damaged(at + differs, "the footer is not the one of these frames");
    const end = last.baseOffset + last.recordCount;
    if (first.baseOffset < baseOffset || end > nextOffset || last.index > lastIndex)
      this.#damaged(at + 16, "frames lie outside of what the footer says they stand for");
  }

  async #checkManifest(at: number): Promise<void> {
    const told = this.#told;
    if (told === undefined || this.#findings.length > 0) return;
    const size = at + COMPACTED_FOOTER_BYTES;
    const footer = decodeCompactedFooter(await this.#bytes(at, COMPACTED_FOOTER_BYTES), size);
    const other = FOOTER_COUNTS.find(
      (name) => typeof footer === "string" || footer[name] !== told[name],
    );
    const hash = createHash("sha256");
    await hashOfFile(this.#file, 0, size, hash);
    if (other !== undefined) this.#damaged(at, `its manifest has another ${other}`);
    else if (hash.digest("hex") !== told.sha256)
      this.#damaged(0, "its SHA-256 is not the one in its manifest");
  }

  async #bytes(position: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, await this.#file.read(bytes, position));
  }

  /** `header`: of the frame concerned, where it is intact. */
  #damaged(byte: number, what: string, header?: FrameHeader): void {
    const index = header?.index;
    this.#findings.push(damagedCompacted({ file: this.#file.path, byte, index, what }));
  }
}

function isSame(row: CompactedRow, expected: CompactedRow | undefined): boolean {
  if (expected === undefined) return false;
  const { offset, timestamp, position, prevChain } = expected;
  return (
    row.offset === offset &&
    row.timestamp === timestamp &&
    row.position === position &&
    row.prevChain === prevChain
  );
}
