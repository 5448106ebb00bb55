import { createHash } from "node:crypto";
import { assert } from "../../common/assert.ts";
import { LogIndex, Offset, Term } from "../../common/brand.ts";
import { viewOf } from "../../common/frame.ts";
import { readU64, writeU64 } from "../wal/u64.ts";
import type { Checkpoint, LogStart } from "./types.ts";

/**
 * A checkpoint file, little endian. A function of the log alone: the same bytes on every node.
 *
 * ```
 *  0 magic "BALSACKP" | 8 version u32 | 12 stateLength u32
 * 16 last index u64   | 24 last term u64
 * 32 nextOffset u64   | 40 timestamp u64
 * 48 chain u32        | 52 zero u32
 * 56 state
 *    SHA-256 of everything before it, 32 bytes
 * ```
 *
 * Magic, version and the SHA-256 at the end keep their places in every version to come.
 */
export const CHECKPOINT_HEADER_BYTES = 56;
export const CHECKPOINT_SUM_BYTES = 32;
export const CHECKPOINT_VERSION = 1;
/** Bounds what a file that should be small may make us read. */
export const MAX_CHECKPOINT_BYTES = 256 << 20;

const MAGIC = Buffer.from("BALSACKP");
const VERSION_AT = 8;
const STATE_LENGTH_AT = 12;
const NUMBERS_AT = 16;
const CHAIN_AT = 48;
const ZERO_AT = 52;

/** What a file holds. Damaged and of another version are different things. */
export type CheckpointFile =
  | { readonly kind: "valid"; readonly checkpoint: Checkpoint }
  | { readonly kind: "newer"; readonly version: number }
  | { readonly kind: "damaged"; readonly byte: number; readonly reason: string };

export function encodeCheckpoint({ start, state }: Checkpoint): Uint8Array {
  const end = CHECKPOINT_HEADER_BYTES + state.length;
  assert(end + CHECKPOINT_SUM_BYTES <= MAX_CHECKPOINT_BYTES, "a checkpoint's state is small");
  const bytes = new Uint8Array(end + CHECKPOINT_SUM_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC);
  view.setUint32(VERSION_AT, CHECKPOINT_VERSION, true);
  view.setUint32(STATE_LENGTH_AT, state.length, true);
  const { last, nextOffset, timestamp, chain } = start;
  for (const [at, value] of [last.index, last.term, nextOffset, timestamp].entries())
    writeU64(view, NUMBERS_AT + at * 8, value);
  view.setUint32(CHAIN_AT, chain, true);
  bytes.set(state, CHECKPOINT_HEADER_BYTES);
  bytes.set(sumOf(bytes.subarray(0, end)), end);
  return bytes;
}

/** Reads a whole file; no flipped bit and no missing or added byte goes unseen. */
export function decodeCheckpoint(bytes: Uint8Array): CheckpointFile {
  const end = bytes.length - CHECKPOINT_SUM_BYTES;
  if (end < CHECKPOINT_HEADER_BYTES)
    return damaged(bytes.length, "the file ends before its header and its checksum do");
  if (MAGIC.compare(bytes, 0, MAGIC.length) !== 0)
    return damaged(0, `it does not begin with ${MAGIC.toString()}`);
  if (Buffer.compare(sumOf(bytes.subarray(0, end)), bytes.subarray(end)) !== 0)
    return damaged(end, "its SHA-256 does not match its bytes");
  const view = viewOf(bytes);
  const version = view.getUint32(VERSION_AT, true);
  if (version > CHECKPOINT_VERSION) return { kind: "newer", version };
  if (version !== CHECKPOINT_VERSION)
    return damaged(VERSION_AT, `version ${version} was never written`);
  if (view.getUint32(STATE_LENGTH_AT, true) !== end - CHECKPOINT_HEADER_BYTES)
    return damaged(STATE_LENGTH_AT, "an impossible length");
  if (view.getUint32(ZERO_AT, true) !== 0) return damaged(ZERO_AT, "bytes that should be zero");
  const start = startIn(view);
  if (start === undefined) return damaged(NUMBERS_AT, "an impossible number");
  const state = Uint8Array.from(bytes.subarray(CHECKPOINT_HEADER_BYTES, end));
  return { kind: "valid", checkpoint: { start, state } };
}

function startIn(view: DataView): LogStart | undefined {
  const numbers = [0, 1, 2, 3].map((at) => readU64(view, NUMBERS_AT + at * 8));
  if (!numbers.every((value) => Number.isSafeInteger(value))) return undefined;
  const [index = 0, term = 0, nextOffset = 0, timestamp = 0] = numbers;
  return {
    last: { index: LogIndex(index), term: Term(term) },
    nextOffset: Offset(nextOffset),
    chain: view.getUint32(CHAIN_AT, true),
    timestamp,
  };
}

function sumOf(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

function damaged(byte: number, reason: string): CheckpointFile {
  return { kind: "damaged", byte, reason };
}
