import { LogError } from "../common/errors.ts";
import type { ChangeSettingsRequest, WireLogSettings } from "../wire/admin-messages.ts";

const MILLION = 1_000_000;

/** The settings that shape the log, equal on all members. `null`: unlimited. */
export interface LogSettings {
  readonly segmentBytes: number;
  readonly segmentMs: number | null;
  readonly retentionMs: number | null;
  readonly retentionBytes: number | null;
  readonly cleanupPolicy: "delete" | "compact" | "compact,delete";
  readonly compactionStrategy: "key" | "merge" | "time-window" | "tiered";
  /** 0 to 1. */
  readonly minCleanableDirtyRatio: number;
  readonly minCompactionLagMs: number;
  readonly deleteRetentionMs: number;
  readonly snapshotMaxRecordBytes: number;
  readonly snapshotMaxIntervalMs: number;
}

type Key = keyof LogSettings;

const KEYS: ReadonlySet<string> = new Set<Key>([
  ...(["segmentBytes", "segmentMs", "retentionMs", "retentionBytes", "cleanupPolicy"] as const),
  ...(["compactionStrategy", "minCleanableDirtyRatio", "minCompactionLagMs"] as const),
  ...(["deleteRetentionMs", "snapshotMaxRecordBytes", "snapshotMaxIntervalMs"] as const),
]);

/** What may be `null`, and its name in `admin.proto`. */
const UNLIMITED: ReadonlyMap<string, string> = new Map([
  ["segmentMs", "segment_ms"],
  ["retentionMs", "retention_ms"],
  ["retentionBytes", "retention_bytes"],
]);

export function fromWireSettings(wire: WireLogSettings): LogSettings {
  const { minCleanableDirtyRatioMillionths: millionths = 0, ...same } = wire;
  return {
    ...{ segmentMs: null, retentionMs: null, retentionBytes: null },
    ...same,
    minCleanableDirtyRatio: millionths / MILLION,
  } as LogSettings;
}

/**
 * Only what is no setting, or cannot travel, is refused here; values are the members' to judge.
 * @throws LogError INVALID_ARGUMENT
 */
export function toWireChanges(changes: Partial<LogSettings>): ChangeSettingsRequest {
  const wire: Record<string, number | string> = {};
  const unlimited: string[] = [];
  for (const [key, value] of Object.entries(changes)) {
    if (!KEYS.has(key)) throw invalid(`there is no setting ${key}`);
    if (value === null) unlimited.push(unlimitedName(key));
    else if (key === "minCleanableDirtyRatio")
      wire["minCleanableDirtyRatioMillionths"] = checked(key, Math.round(Number(value) * MILLION));
    else if (typeof value === "number") wire[key] = checked(key, value);
    else if (value !== undefined) wire[key] = value;
  }
  return { changes: wire, unlimited };
}

function unlimitedName(key: string): string {
  const name = UNLIMITED.get(key);
  if (name !== undefined) return name;
  throw invalid(`${key} cannot be unlimited`);
}

function checked(key: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(`${key} cannot be ${value}`);
}

function invalid(message: string): LogError {
  return new LogError("INVALID_ARGUMENT", message);
}
