import type { LogIndex } from "../../common/brand.ts";

/**
 * - `damaged`: bytes are not those that were written, and something vouches that they had been.
 * - `absent`: a file that must exist does not.
 * - `torn`: the end of a write that a crash (or a reader's glance at a live node) cut short; nobody
 *   was told of it, and the next start mends it.
 * - `foreign`: nothing that Balsa writes.
 */
export type FindingKind = "damaged" | "absent" | "torn" | "foreign";

/** One thing that is not as it should be. */
export interface VerifyFinding {
  readonly kind: FindingKind;
  readonly file: string;
  /** First byte concerned; absent where the whole file is. */
  readonly byte: number | undefined;
  readonly index: LogIndex | undefined;
  /** What was seen. */
  readonly what: string;
  /** What it means for the node. */
  readonly means: string;
  /** What to do. */
  readonly next: string;
}

/** Corruption, as an exit code sees it: a torn end is not, and a foreign file is not. */
export function isCorruption(finding: VerifyFinding): boolean {
  return finding.kind === "damaged" || finding.kind === "absent";
}

/** What has been looked at so far; grows while findings are read. */
export interface VerifyCounts {
  files: number;
  segments: number;
  sealedSegments: number;
  frames: number;
  records: number;
  /** Of the log's segments and of compacted files. */
  rows: number;
  checkpoints: number;
  manifests: number;
  compactedFiles: number;
  compactedFrames: number;
  compactedRecords: number;
  bytes: number;
  findings: number;
}

export function noCounts(): VerifyCounts {
  return {
    files: 0,
    segments: 0,
    sealedSegments: 0,
    frames: 0,
    records: 0,
    rows: 0,
    checkpoints: 0,
    manifests: 0,
    compactedFiles: 0,
    compactedFrames: 0,
    compactedRecords: 0,
    bytes: 0,
    findings: 0,
  };
}
