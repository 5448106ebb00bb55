import { LogIndex, type NodeId, Term } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { FetchAnswer, FetchRequest, Meeting, PeerIdentity } from "../transport/types.ts";
import { type Body, isObject, isWhole } from "./message.ts";
import { fromBase64, toBase64 } from "./peer-message-json.ts";

/** Who speaks. The name is the message's `src`. */
export function identityToJson({ diskId, clusterId, incarnation }: PeerIdentity): Body {
  return { diskId, clusterId, incarnation };
}

/** @throws LogError INVALID_ARGUMENT */
export function identityFromJson(nodeId: NodeId, json: unknown): PeerIdentity {
  const { diskId, clusterId, incarnation } = isObject(json) ? json : {};
  if (typeof diskId !== "string" || !isWhole(incarnation)) throw unclear("who speaks");
  if (clusterId !== undefined && typeof clusterId !== "string") throw unclear("which cluster");
  return { nodeId, diskId, clusterId, incarnation };
}

export function meetingToJson({ identity, voters, formed, wallMs }: Meeting): Body {
  return { identity: identityToJson(identity), voters, formed, wallMs };
}

/** @throws LogError INVALID_ARGUMENT */
export function meetingFromJson(nodeId: NodeId, json: Body): Meeting {
  const { voters, formed, wallMs } = json;
  const identity = identityFromJson(nodeId, json["identity"]);
  if (!Array.isArray(voters) || typeof formed !== "boolean") throw unclear("what it knows");
  const clock = isWhole(wallMs) ? { wallMs } : {};
  return { identity, voters: voters.map(voterFromJson), formed, ...clock };
}

export function fetchRequestToJson({ index, term, chain }: FetchRequest): Body {
  return { index, term, chain };
}

/** @throws LogError INVALID_ARGUMENT */
export function fetchRequestFromJson({ index, term, chain }: Body): FetchRequest {
  if (!isWhole(index) || !isWhole(term) || !isWhole(chain)) throw unclear("which entry");
  return { index: LogIndex(index), term: Term(term), chain };
}

export function fetchAnswerToJson(answer: FetchAnswer): Body {
  return answer.kind === "have" ? { kind: "have", frame: toBase64(answer.frame) } : { ...answer };
}

/** @throws LogError INVALID_ARGUMENT */
export function fetchAnswerFromJson({ kind, frame, term }: Body): FetchAnswer {
  if (kind === "have") return { kind, frame: fromBase64(frame) };
  if (kind === "haveFaulty") return { kind };
  if (kind !== "dontHave" || !isWhole(term)) throw unclear("whether it has the entry");
  return { kind, term: Term(term) };
}

function voterFromJson(json: unknown): Meeting["voters"][number] {
  const { nodeId, diskId } = isObject(json) ? json : {};
  if (typeof nodeId !== "string" || typeof diskId !== "string") throw unclear("who votes");
  return { nodeId, diskId };
}

function unclear(what: string): LogError {
  return new LogError("INVALID_ARGUMENT", `a message between nodes does not say ${what}`);
}
