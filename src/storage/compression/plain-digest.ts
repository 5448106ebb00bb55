import { createHash } from "node:crypto";
import { COMPACTED_FOOTER_BYTES, decodeCompactedFooter } from "../compaction/compacted-footer.ts";
import { isCompactedName } from "../compaction/compacted-name.ts";
import type { File } from "../file-system.ts";
import { nameOf } from "../layout.ts";
import { readFooter } from "../wal/footer-file.ts";

/** What a plain file says of itself: the SHA-256 of its first `coveredBytes`; a footer follows. */
interface OwnDigest {
  readonly coveredBytes: number;
  readonly sha256: Uint8Array;
}

/** What the footer of a sealed segment or a compacted file says; absent where it is not intact. */
export async function readOwnDigest(file: File): Promise<OwnDigest | undefined> {
  const bytes = await file.size();
  if (!isCompactedName(nameOf(file.path))) {
    const footer = await readFooter(file, bytes);
    if (typeof footer !== "object") return undefined;
    return { coveredBytes: footer.frameBytes, sha256: footer.sha256 };
  }
  const coveredBytes = bytes - COMPACTED_FOOTER_BYTES;
  if (coveredBytes < 0) return undefined;
  const end = new Uint8Array(COMPACTED_FOOTER_BYTES);
  await file.read(end, coveredBytes);
  const footer = decodeCompactedFooter(end, bytes);
  return typeof footer === "string" ? undefined : { coveredBytes, sha256: footer.sha256 };
}

/** Fed a plain file in pieces, in order, it tells whether that is the file that it says it is. */
export class PlainDigest {
  readonly #own: OwnDigest;
  readonly #hash = createHash("sha256");
  #fed = 0;

  constructor(own: OwnDigest) {
    this.#own = own;
  }

  update(bytes: Uint8Array): void {
    const rest = Math.max(0, this.#own.coveredBytes - this.#fed);
    this.#hash.update(bytes.subarray(0, rest));
    this.#fed += bytes.length;
  }

  /** Ends it. */
  agrees(): boolean {
    return this.#hash.digest().equals(this.#own.sha256);
  }
}
