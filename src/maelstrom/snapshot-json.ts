import { LogIndex, type NodeId, Term } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type {
  SnapshotOffer,
  SnapshotRequest,
  SnapshotResponse,
} from "../transport/snapshot-transfer.ts";
import { type Body, isObject, isWhole } from "./message.ts";
import { fromBase64, toBase64 } from "./peer-message-json.ts";

/** What a sender of a snapshot says, as JSON: chunks as base64. */
export function requestToJson(request: SnapshotRequest): Body {
  if (request.kind === "offer") return { kind: "offer", offer: request.offer };
  return { ...request, bytes: toBase64(request.bytes) };
}

/** @throws LogError INVALID_ARGUMENT */
export function requestFromJson(leaderId: NodeId, json: Body): SnapshotRequest {
  const { kind, position, bytes, crc32 } = json;
  if (kind === "offer") return { kind, offer: offerFromJson(leaderId, json["offer"]) };
  if (kind !== "chunk" || !isWhole(position) || !isWhole(crc32)) throw unclear();
  return { kind, position, bytes: fromBase64(bytes), crc32 };
}

export function responseToJson(response: SnapshotResponse): Body {
  return { ...response };
}

/** @throws LogError INVALID_ARGUMENT */
export function responseFromJson({ kind, staged, position }: Body): SnapshotResponse {
  if (kind === "done") return { kind };
  if (kind === "acknowledged" && isWhole(position)) return { kind, position };
  if (kind !== "staged") throw unclear();
  if (staged === undefined) return { kind, staged };
  const { hash, bytes } = isObject(staged) ? staged : {};
  if (typeof hash !== "string" || !isWhole(bytes)) throw unclear();
  return { kind, staged: { hash, bytes } };
}

function offerFromJson(leaderId: NodeId, json: unknown): SnapshotOffer {
  const { term, last, totalBytes, hash } = isObject(json) ? json : {};
  const { index, term: lastTerm } = isObject(last) ? last : {};
  if (!isWhole(term) || !isWhole(index) || !isWhole(lastTerm)) throw unclear();
  if (!isWhole(totalBytes) || typeof hash !== "string") throw unclear();
  const entry = { index: LogIndex(index), term: Term(lastTerm) };
  return { term: Term(term), leaderId, last: entry, totalBytes, hash };
}

function unclear(): LogError {
  return new LogError("INVALID_ARGUMENT", "a message of a snapshot's transfer makes no sense");
}
