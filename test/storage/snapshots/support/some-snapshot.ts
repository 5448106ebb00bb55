import { createHash } from "node:crypto";
import { LogIndex, Term } from "../../../../src/common/brand.ts";
import { randomInteger, seededRandom } from "../../../../src/common/random.ts";
import type { IncomingOffer } from "../../../../src/storage/snapshots/incoming-record.ts";
import type { IncomingSnapshot } from "../../../../src/storage/snapshots/incoming-snapshot.ts";
import {
  encodeContents,
  hashOfContents,
} from "../../../../src/storage/snapshots/snapshot-contents.ts";

export interface SomeSnapshot {
  readonly offer: IncomingOffer;
  readonly content: Uint8Array;
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

/** A snapshot with files of these sizes, full of noise drawn from `seed`. */
export function someSnapshot(seed: number, ...sizes: readonly number[]): SomeSnapshot {
  const random = seededRandom(seed);
  const files = sizes.map((size, at) => ({
    name: at === 0 ? "checkpoint" : `${at}.compacted`,
    bytes: Uint8Array.from({ length: size }, () => randomInteger(random, 0, 255)),
  }));
  return snapshotOf(files, seed);
}

export function snapshotOf(files: SomeSnapshot["files"], index = 7): SomeSnapshot {
  const table = encodeContents(
    files.map(({ name, bytes }) => {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      return { name, bytes: bytes.length, sha256 };
    }),
  );
  const content = new Uint8Array(Buffer.concat([table, ...files.map(({ bytes }) => bytes)]));
  const last = { index: LogIndex(index), term: Term(2) };
  const offer = { last, totalBytes: content.length, hash: hashOfContents(table) };
  return { offer, content, files };
}

/** Stages `content` from where the last attempt ended, up to `until`. */
export async function stage(
  incoming: IncomingSnapshot,
  { offer, content }: SomeSnapshot,
  until = content.length,
  pieceBytes = 300,
): Promise<void> {
  for (let at = await incoming.begin(offer); at < until; at += pieceBytes)
    await incoming.write(at, content.slice(at, Math.min(at + pieceBytes, until)));
}
