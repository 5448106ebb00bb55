import { unreachable } from "../common/assert.ts";
import type { LogIndex, Term } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type {
  InstallSnapshotRequest,
  InstallSnapshotResponse,
  WireSnapshotOffer,
} from "../wire/raft-messages.ts";
import type { SnapshotOffer, SnapshotRequest, SnapshotResponse } from "./snapshot-transfer.ts";

export function toInstallSnapshotRequest(request: SnapshotRequest): InstallSnapshotRequest {
  switch (request.kind) {
    case "offer": {
      const { last, ...rest } = request.offer;
      const offer = { ...rest, lastIndex: last.index, lastTerm: last.term };
      return { offer, chunk: null };
    }
    case "chunk": {
      const { position, bytes, crc32 } = request;
      return { offer: null, chunk: { position, content: bytes, crc32 } };
    }
    default:
      return unreachable(request);
  }
}

/** A received request, whose numbers were checked; its content stays where it is. */
export function fromInstallSnapshotRequest(
  wire: InstallSnapshotRequest,
): SnapshotRequest | LogError {
  const { offer, chunk } = wire;
  if (offer !== null && chunk === null) return { kind: "offer", offer: fromWireOffer(offer) };
  if (chunk === null || offer !== null)
    return new LogError("INVALID_ARGUMENT", "a request is an offer or a chunk");
  const { position, content, crc32 } = chunk;
  return { kind: "chunk", position, bytes: content, crc32 };
}

export function toInstallSnapshotResponse(response: SnapshotResponse): InstallSnapshotResponse {
  switch (response.kind) {
    case "staged":
      return { staged: response.staged ?? { hash: "", bytes: 0 }, done: false };
    case "acknowledged":
      return { staged: null, acknowledged: response.position, done: false };
    case "done":
      return { staged: null, done: true };
    default:
      return unreachable(response);
  }
}

/** Absent: a response that this version does not know. */
export function fromInstallSnapshotResponse(
  wire: InstallSnapshotResponse,
): SnapshotResponse | undefined {
  if (wire.done) return { kind: "done" };
  if (wire.acknowledged !== undefined) return { kind: "acknowledged", position: wire.acknowledged };
  if (wire.staged === null) return undefined;
  return { kind: "staged", staged: wire.staged.hash === "" ? undefined : wire.staged };
}

function fromWireOffer(offer: WireSnapshotOffer): SnapshotOffer {
  const { term, leaderId, lastIndex, lastTerm, totalBytes, hash } = offer;
  const last = { index: lastIndex as LogIndex, term: lastTerm as Term };
  return { term: term as Term, leaderId, last, totalBytes, hash };
}
