import type { LogIndex } from "../common/brand.ts";

/** What a node lacks of its log's beginning, where its own file is damaged (docs/repair.md). */
export type FileWanted =
  /** Of the peer's compacted prefix. Its files stay for a while, to be asked for next. */
  | { readonly kind: "manifest" }
  /** The file of the peer's compacted prefix with this SHA-256, in hex. */
  | { readonly kind: "compacted"; readonly sha256: string }
  /** The checkpoint at this entry. */
  | { readonly kind: "checkpoint"; readonly index: LogIndex };

export interface PieceRequest {
  readonly file: FileWanted;
  readonly position: number;
}

/** Some bytes of the file, from the position that was asked for on; none at its end. */
export interface FilePiece {
  /** Of the whole file. */
  readonly totalBytes: number;
  readonly bytes: Uint8Array;
}
