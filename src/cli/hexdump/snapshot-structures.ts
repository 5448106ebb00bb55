import { viewOf } from "../../common/frame.ts";
import { COMPACTED_FOOTER_BYTES } from "../../storage/compaction/compacted-footer.ts";
import { COMPACTED_ROW_BYTES, readCompactedRow } from "../../storage/compaction/compacted-row.ts";
import { readWhole } from "../../storage/compaction/manifest-file.ts";
import { dumpCheckpoints } from "../../storage/dump/dump-checkpoints.ts";
import {
  compactedFooterOf,
  dumpCompacted,
  dumpManifests,
  isCompactedPath,
  isManifestPath,
} from "../../storage/dump/dump-prefix.ts";
import type { File, FileSystem } from "../../storage/file-system.ts";
import { FileWindow } from "../../storage/verify/file-window.ts";
import { type Field, readFields } from "./layout.ts";
import {
  CHECKPOINT_FIELDS,
  COMPACTED_FOOTER_FIELDS,
  COMPACTED_ROW_FIELDS,
  MANIFEST_FIELDS,
  sha256Fields,
} from "./snapshot-fields.ts";
import { frameOf, plain, type Structure } from "./structures.ts";

const SHA_BYTES = 32;

/** The checkpoints, manifests and compacted files that `path` is or has. */
export async function* snapshotStructuresIn(
  fileSystem: FileSystem,
  path: string,
): AsyncIterable<Structure> {
  const isFile = isManifestPath(path) || isCompactedPath(path);
  for (const { file, fault } of isFile ? [] : await dumpCheckpoints(fileSystem, path))
    yield* summed(fileSystem, "checkpoint", { file, fault, fields: CHECKPOINT_FIELDS });
  for (const { file, fault } of await dumpManifests(fileSystem, path))
    yield* summed(fileSystem, "manifest", { file, fault, fields: MANIFEST_FIELDS });
  yield* compactedIn(fileSystem, path);
}

/** A header, what follows it, and the SHA-256 of both. */
async function* summed(
  fileSystem: FileSystem,
  kind: "checkpoint" | "manifest",
  told: {
    readonly file: string;
    readonly fault: string | undefined;
    readonly fields: readonly Field[];
  },
): AsyncIterable<Structure> {
  const { file, fault, fields } = told;
  const bytes = await readWhole(fileSystem, file);
  const end = Math.max(0, bytes.length - SHA_BYTES);
  const headBytes = fields.reduce((sum, { length }) => sum + length, 0);
  const head = readFields(bytes.subarray(0, Math.min(headBytes, end)), 0, fields);
  const payload = bytes.subarray(headBytes, Math.max(headBytes, end));
  yield { ...plain(kind, file, 0), fields: head, payload, fault };
  const sum = readFields(bytes.subarray(end), end, sha256Fields(0));
  yield { ...plain("checksum", file, end), fields: sum };
}

/** Frame after frame; behind the last one of a file its rows and its footer. */
async function* compactedIn(fileSystem: FileSystem, path: string): AsyncIterable<Structure> {
  let opened: File | undefined;
  let window: FileWindow | undefined;
  try {
    for await (const frame of dumpCompacted(fileSystem, path)) {
      if (opened?.path !== frame.file) {
        if (opened !== undefined) yield* endOf(opened);
        await opened?.close();
        opened = await fileSystem.open(frame.file, "read");
        window = new FileWindow(opened, await opened.size());
      }
      // The footer, where it is damaged, is shown below.
      if (window !== undefined && (frame.header !== undefined || frame.length === undefined))
        yield await frameOf(window, frame);
    }
    if (opened !== undefined) yield* endOf(opened);
  } finally {
    await opened?.close();
  }
}

async function* endOf(opened: File): AsyncIterable<Structure> {
  const size = await opened.size();
  const at = Math.max(0, size - COMPACTED_FOOTER_BYTES);
  const footer = await compactedFooterOf(opened, size);
  const window = new FileWindow(opened, size);
  if (typeof footer === "object")
    for (let number = 0; number < footer.rows; number++) {
      const position = footer.frameBytes + number * COMPACTED_ROW_BYTES;
      const bytes = (await window.at(position, COMPACTED_ROW_BYTES)).slice();
      const row = readCompactedRow(viewOf(bytes), 0, number);
      const fault = row === undefined ? "it does not match its checksum" : undefined;
      const fields = readFields(bytes, position, COMPACTED_ROW_FIELDS);
      yield { ...plain("row", opened.path, position), fields, fault };
    }
  const bytes = (await window.at(at, size - at)).slice();
  const fields = readFields(bytes, at, COMPACTED_FOOTER_FIELDS);
  const fault = typeof footer === "object" ? undefined : `the footer is ${footer}`;
  yield { ...plain("footer", opened.path, at), fields, fault };
}
