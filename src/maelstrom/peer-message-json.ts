import type { NodeId } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { Message } from "../raft/messages.ts";
import type { PeerMessage } from "../transport/types.ts";
import { type Body, isObject, isWhole } from "./message.ts";

/** What a field of a Raft message may be. `entries` stay empty: the frames tell them. */
type Kind = "whole" | "flag" | "name" | "none" | "optional whole" | "optional conflict";

type Shape<M extends Message> = { readonly [Field in Exclude<keyof M, "type">]: Kind };

/** Every field of every message; the compiler misses none. */
const SHAPES: { readonly [T in Message["type"]]: Shape<Extract<Message, { type: T }>> } = {
  RequestVote: {
    term: "whole",
    candidateId: "name",
    lastLogIndex: "whole",
    lastLogTerm: "whole",
    preVote: "flag",
  },
  RequestVoteResult: { term: "whole", voteGranted: "flag", preVote: "flag" },
  AppendEntries: {
    term: "whole",
    leaderId: "name",
    prevLogIndex: "whole",
    prevLogTerm: "whole",
    entries: "none",
    leaderCommit: "whole",
    readRound: "whole",
  },
  AppendEntriesResult: {
    term: "whole",
    matchIndex: "whole",
    conflict: "optional conflict",
    readRound: "whole",
    diskLow: "flag",
    firstFaulty: "optional whole",
  },
  ReadIndex: { term: "whole", requestId: "whole" },
  ReadIndexResult: { term: "whole", requestId: "whole", readIndex: "optional whole" },
};

/** A Raft message as JSON: its own fields, and the frames beside it as base64. */
export function toJson({ message, frames, prevChain }: PeerMessage): Body {
  if (message.type !== "AppendEntries") return { message };
  return { message: { ...message, entries: undefined }, prevChain, frames: frames.map(toBase64) };
}

/** @throws LogError INVALID_ARGUMENT when it is no message, or speaks in another's name */
export function fromJson(from: NodeId, json: Body): PeerMessage {
  const fields = json["message"];
  const type = isObject(fields) ? fields["type"] : undefined;
  if (!isObject(fields) || typeof type !== "string" || !Object.hasOwn(SHAPES, type))
    throw notUnderstood("it is no message of Raft");
  const shape = SHAPES[type as Message["type"]] as Readonly<Record<string, Kind>>;
  const read: Record<string, unknown> = { type };
  for (const [name, kind] of Object.entries(shape))
    read[name] = readField(name, kind, fields[name]);
  for (const name of ["leaderId", "candidateId"])
    if (name in read && read[name] !== from) throw notUnderstood(`${name} is not its sender`);
  const message = read as unknown as Message;
  if (message.type !== "AppendEntries") return { message, frames: [], prevChain: 0 };
  const { frames, prevChain } = json;
  if (!Array.isArray(frames) || !isWhole(prevChain)) throw notUnderstood("it lacks its frames");
  return { message, frames: frames.map(fromBase64), prevChain };
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** @throws LogError INVALID_ARGUMENT when it is no text */
export function fromBase64(text: unknown): Uint8Array {
  if (typeof text !== "string") throw notUnderstood("bytes must be base64");
  return Buffer.from(text, "base64");
}

function readField(name: string, kind: Kind, value: unknown): unknown {
  switch (kind) {
    case "whole":
      if (isWhole(value)) return value;
      break;
    case "flag":
      if (typeof value === "boolean") return value;
      break;
    case "name":
      if (typeof value === "string") return value;
      break;
    case "none":
      return [];
    case "optional whole":
      if (value === undefined || isWhole(value)) return value;
      break;
    case "optional conflict":
      if (value === undefined || isConflict(value)) return value;
      break;
  }
  throw notUnderstood(`${name} is no ${kind}`);
}

function isConflict(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { prevLogIndex, conflictTerm, conflictIndex } = value;
  const term = conflictTerm === undefined || isWhole(conflictTerm);
  return isWhole(prevLogIndex) && isWhole(conflictIndex) && term;
}

function notUnderstood(reason: string): LogError {
  return new LogError("INVALID_ARGUMENT", `a message between nodes is not understood: ${reason}`);
}
