import type { LogIndex, NodeId, Offset } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { LogSettings } from "./settings.ts";
import { settingsFields, settingsOf } from "./settings-codec.ts";

/** A `control: snapshot` entry that was applied: how far the log may go, and when that was said. */
export interface SnapshotMark {
  readonly index: LogIndex;
  /** Of the entry; ages of records are measured against it. */
  readonly timestamp: number;
}

/** Who the log belongs to: names and disks, as they seeded its chain. */
export interface StateVoter {
  readonly nodeId: NodeId;
  readonly diskId: string;
}

/** What the entries up to a seal mean, apart from their records: a function of the log alone. */
export interface StateImage {
  readonly settings: LogSettings | undefined;
  readonly logStartOffset: Offset;
  readonly snapshot: SnapshotMark;
  readonly voters: readonly StateVoter[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** JSON with sorted keys: equal images are equal bytes on every node. */
export function encodeStateImage(image: StateImage): Uint8Array {
  const { settings, logStartOffset, snapshot, voters } = image;
  const named = voters.map(({ nodeId, diskId }) => ({ diskId, nodeId }));
  return encoder.encode(
    JSON.stringify({
      logStartOffset,
      ...(settings !== undefined && { settings: settingsFields(settings) }),
      snapshot: { index: snapshot.index, timestamp: snapshot.timestamp },
      voters: named.sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1)),
    }),
  );
}

/** @throws LogError CORRUPT when the bytes are no state that this version knows. */
export function decodeStateImage(bytes: Uint8Array): StateImage {
  const { logStartOffset, settings, snapshot, voters } = fieldsOf(parse(bytes));
  const { index, timestamp } = fieldsOf(snapshot);
  const read = settings === undefined ? undefined : settingsOf(fieldsOf(settings));
  if (!isCount(logStartOffset) || !isCount(index) || !isCount(timestamp)) throw unreadable();
  if (typeof read === "string" || !Array.isArray(voters)) throw unreadable();
  return {
    settings: read,
    logStartOffset: logStartOffset as Offset,
    snapshot: { index: index as LogIndex, timestamp },
    voters: voters.map(voterOf),
  };
}

function voterOf(value: unknown): StateVoter {
  const { nodeId, diskId } = fieldsOf(value);
  if (typeof nodeId !== "string" || typeof diskId !== "string") throw unreadable();
  return { nodeId, diskId };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes)) as unknown;
  } catch (cause) {
    throw new LogError("CORRUPT", "a checkpoint's state is not JSON", { cause });
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unreadable();
  return value as Record<string, unknown>;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function unreadable(): LogError {
  return new LogError("CORRUPT", "a checkpoint's state cannot be read; a newer version wrote it");
}
