import type { NodeId } from "../../common/brand.ts";
import type { FileWanted } from "../../transport/file-piece.ts";
import type { PeerTransport } from "../../transport/types.ts";

/** How long a peer may take to read a piece; who is asked for the first may be down. */
const FIRST_TIMEOUT_MS = 1000;
const PIECE_TIMEOUT_MS = 5000;
/** Of a file that is held in memory: a manifest of very many files, a checkpoint. */
const MAX_WHOLE_BYTES = 64 << 20;

/** The next bytes of a peer's file; absent: it has them not, or cannot be reached. */
export async function fetchPiece(
  transport: Pick<PeerTransport, "fetchPiece">,
  peer: NodeId,
  file: FileWanted,
  position: number,
) {
  const timeoutMs = position === 0 ? FIRST_TIMEOUT_MS : PIECE_TIMEOUT_MS;
  return transport.fetchPiece(peer, { file, position }, timeoutMs).catch(() => undefined);
}

/** A small file of a peer; absent: it has it not, or cannot be reached. */
export async function fetchWhole(
  transport: Pick<PeerTransport, "fetchPiece">,
  peer: NodeId,
  file: FileWanted,
): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  for (let at = 0; ; ) {
    const piece = await fetchPiece(transport, peer, file, at);
    if (piece === undefined || piece.totalBytes > MAX_WHOLE_BYTES) return undefined;
    pieces.push(piece.bytes);
    at += piece.bytes.length;
    if (at === piece.totalBytes) return Buffer.concat(pieces);
    if (piece.bytes.length === 0 || at > piece.totalBytes) return undefined;
  }
}
