import { assert } from "../../common/assert.ts";
import type { NodeId, Term } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import {
  decodeContents,
  encodeContents,
  hashOfContents,
  type PlacedPart,
} from "../../storage/snapshots/snapshot-contents.ts";
import type { SnapshotOffer, SnapshotSource } from "../../transport/snapshot-transfer.ts";
import type { ContentFile, SnapshotContent } from "./snapshot-content.ts";

/** A snapshot's files as one content with a table in front, to be sent. */
export class ContentSource implements SnapshotSource {
  readonly offer: SnapshotOffer;
  readonly #table: Uint8Array;
  readonly #parts: readonly PlacedPart[];
  readonly #files: readonly ContentFile[];
  /** All up to here is with the receiver. */
  sentBytes = 0;

  constructor(leaderId: NodeId, term: Term, { last, files }: SnapshotContent) {
    const parts = files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256: hex(sha256) }));
    this.#table = encodeContents(parts);
    const contents = decodeContents(this.#table);
    assert(contents !== undefined, "the table of a snapshot can be read back");
    this.#parts = contents.parts;
    this.#files = files;
    const { totalBytes } = contents;
    this.offer = { term, leaderId, last, totalBytes, hash: hashOfContents(this.#table) };
  }

  async read(position: number, maxBytes: number): Promise<Uint8Array> {
    if (position < this.#table.length) return this.#table.subarray(position, position + maxBytes);
    const at = this.#parts.findIndex((part) => position < part.position + part.bytes);
    const [part, file] = [this.#parts[at], this.#files[at]];
    assert(part !== undefined && file !== undefined, "a source is read within its length");
    const within = position - part.position;
    const bytes = Buffer.allocUnsafeSlow(Math.min(maxBytes, part.bytes - within));
    const filled = await file.read(bytes, within);
    if (filled < bytes.length)
      throw new LogError("CORRUPT", `${part.name} ends at ${within + filled} of ${part.bytes}`);
    return bytes;
  }

  progressed(position: number): void {
    this.sentBytes = position;
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
