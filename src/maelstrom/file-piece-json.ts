import { LogIndex } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { FilePiece, FileWanted, PieceRequest } from "../transport/file-piece.ts";
import { type Body, isObject, isWhole } from "./message.ts";
import { fromBase64, toBase64 } from "./peer-message-json.ts";

export function pieceRequestToJson({ file, position }: PieceRequest): Body {
  return { file, position };
}

/** @throws LogError INVALID_ARGUMENT */
export function pieceRequestFromJson({ file, position }: Body): PieceRequest {
  if (!isWhole(position)) throw unclear("which piece");
  return { file: fileFromJson(isObject(file) ? file : {}), position };
}

export function pieceToJson(piece: FilePiece | undefined): Body {
  if (piece === undefined) return { has: false };
  return { has: true, totalBytes: piece.totalBytes, bytes: toBase64(piece.bytes) };
}

/** @throws LogError INVALID_ARGUMENT */
export function pieceFromJson({ has, totalBytes, bytes }: Body): FilePiece | undefined {
  if (has === false) return undefined;
  if (has !== true || !isWhole(totalBytes)) throw unclear("what it has");
  return { totalBytes, bytes: fromBase64(bytes) };
}

function fileFromJson({ kind, sha256, index }: Body): FileWanted {
  if (kind === "manifest") return { kind };
  if (kind === "compacted" && typeof sha256 === "string") return { kind, sha256 };
  if (kind === "checkpoint" && isWhole(index)) return { kind, index: LogIndex(index) };
  throw unclear("which file");
}

function unclear(what: string): LogError {
  return new LogError("INVALID_ARGUMENT", `a message between nodes does not say ${what}`);
}
