import { unreachable } from "../common/assert.ts";
import type { LogIndex } from "../common/brand.ts";
import type { FetchFileRequest, FetchFileResponse } from "../wire/raft-messages.ts";
import type { FilePiece, FileWanted, PieceRequest } from "./file-piece.ts";

const NONE = { sha256: "", index: 0 };

export function toFetchFileRequest({ file, position }: PieceRequest): FetchFileRequest {
  switch (file.kind) {
    case "manifest":
      return { file: "MANIFEST", ...NONE, position };
    case "compacted":
      return { file: "COMPACTED", ...NONE, sha256: file.sha256, position };
    case "checkpoint":
      return { file: "CHECKPOINT", ...NONE, index: file.index, position };
    default:
      return unreachable(file);
  }
}

/** Absent: a file that this version does not know, hence has not. */
export function fromFetchFileRequest(wire: FetchFileRequest): PieceRequest | undefined {
  const file = wantedOf(wire);
  return file && { file, position: wire.position };
}

function wantedOf({ file, sha256, index }: FetchFileRequest): FileWanted | undefined {
  switch (file) {
    case "MANIFEST":
      return { kind: "manifest" };
    case "COMPACTED":
      return { kind: "compacted", sha256 };
    case "CHECKPOINT":
      return { kind: "checkpoint", index: index as LogIndex };
    case "FILE_UNSPECIFIED":
    default:
      return undefined;
  }
}

export function toFetchFileResponse(piece: FilePiece | undefined): FetchFileResponse {
  return piece === undefined
    ? { content: new Uint8Array(0) }
    : { totalBytes: piece.totalBytes, content: piece.bytes };
}

export function fromFetchFileResponse(wire: FetchFileResponse): FilePiece | undefined {
  const { totalBytes, content: bytes } = wire;
  return totalBytes === undefined ? undefined : { totalBytes, bytes };
}
