import { createHash } from "node:crypto";
import { LogIndex, Offset, Term } from "../../../src/common/brand.ts";
import type {
  ContentFile,
  SnapshotContent,
} from "../../../src/runtime/snapshots/snapshot-content.ts";
import { encodeCheckpoint } from "../../../src/storage/snapshots/checkpoint-format.ts";
import type { Checkpoint } from "../../../src/storage/snapshots/types.ts";

export function someCheckpoint(index: number, text = "state"): Checkpoint {
  return {
    start: {
      last: { index: LogIndex(index), term: Term(2) },
      nextOffset: Offset(10 * index),
      chain: 77,
      timestamp: 1000 + index,
    },
    state: new Uint8Array(Buffer.from(text)),
  };
}

export function fileOf(name: string, bytes: Uint8Array): ContentFile {
  return {
    name,
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest(),
    read: (into, position) => {
      const piece = bytes.subarray(position, position + into.length);
      into.set(piece);
      return Promise.resolve(piece.length);
    },
  };
}

/** A snapshot as a leader has it; `released` counts. */
export function someContent(checkpoint: Checkpoint, ...files: readonly ContentFile[]) {
  const released = { times: 0 };
  const content: SnapshotContent = {
    last: checkpoint.start.last,
    files: [fileOf("checkpoint", encodeCheckpoint(checkpoint)), ...files],
    release: () => {
      released.times++;
      return Promise.resolve();
    },
  };
  return { content, released };
}
