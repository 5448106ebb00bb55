import { COMPACTION_STRATEGIES } from "../common/compaction-strategies.ts";
import { MAX_SEGMENT_BYTES, MIN_SEGMENT_BYTES } from "../common/limits.ts";
import { CLEANUP_POLICIES, DEFAULT_LOG_SETTINGS, type LogSettings } from "./settings.ts";

/** Ten years: what is meant to be longer is meant to be absent. */
export const MAX_SETTING_MS = 3650 * 86_400_000;
export const MIN_SNAPSHOT_RECORD_BYTES = 1024;
export const MIN_SNAPSHOT_INTERVAL_MS = 100;

type Key = keyof LogSettings;
type Bound = (value: unknown) => boolean;

/** Every setting by name, in the order in which they are written (JSON, sorted keys). */
const BOUNDS: Readonly<Record<Key, Bound>> = {
  cleanupPolicy: oneOf(CLEANUP_POLICIES),
  compactionStrategy: oneOf(COMPACTION_STRATEGIES),
  deleteRetentionMs: integer(0, MAX_SETTING_MS),
  minCleanableDirtyRatio: (value) => typeof value === "number" && value >= 0 && value <= 1,
  minCompactionLagMs: integer(0, MAX_SETTING_MS),
  retentionBytes: integer(1, Number.MAX_SAFE_INTEGER),
  retentionMs: integer(1, MAX_SETTING_MS),
  segmentBytes: integer(MIN_SEGMENT_BYTES, MAX_SEGMENT_BYTES),
  segmentMs: integer(1, MAX_SETTING_MS),
  snapshotMaxIntervalMs: integer(MIN_SNAPSHOT_INTERVAL_MS, MAX_SETTING_MS),
  snapshotMaxRecordBytes: integer(MIN_SNAPSHOT_RECORD_BYTES, Number.MAX_SAFE_INTEGER),
};
const KEYS = Object.keys(BOUNDS) as readonly Key[];
/** Absent means that nothing is limited. */
const OPTIONAL: ReadonlySet<Key> = new Set(["segmentMs", "retentionMs", "retentionBytes"]);

/** The settings as fields with sorted keys, absent ones left out. */
export function settingsFields(settings: LogSettings): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const key of KEYS) if (settings[key] !== undefined) fields[key] = settings[key];
  return fields;
}

/**
 * Settings out of fields read from an entry; what an older version did not write has its default.
 * @returns the name of the first field whose value cannot be.
 */
export function settingsOf(fields: Readonly<Record<string, unknown>>): LogSettings | Key {
  if (fields["segmentBytes"] === undefined) return "segmentBytes";
  const settings: Record<string, unknown> = { ...DEFAULT_LOG_SETTINGS };
  for (const key of KEYS) {
    const value = fields[key];
    if (value === undefined) continue;
    if (!BOUNDS[key](value)) return key;
    settings[key] = value;
  }
  return settings as unknown as LogSettings;
}

/** Why these settings cannot be proposed, as one line; absent when they can. */
export function settingsProblem(settings: LogSettings): string | undefined {
  for (const key of KEYS) {
    const value = settings[key];
    if (value === undefined && OPTIONAL.has(key)) continue;
    if (!BOUNDS[key](value)) return `${key} cannot be ${JSON.stringify(value)}`;
  }
  // It names its settings as operators know them.
  return badCombination(settings)?.message;
}

/** What each value allows alone, but not together. */
export function badCombination(
  settings: LogSettings,
): { readonly key: Key; readonly message: string } | undefined {
  const { cleanupPolicy, segmentBytes, retentionBytes, retentionMs } = settings;
  const unused = retentionBytes !== undefined ? "retentionBytes" : "retentionMs";
  if (cleanupPolicy === "compact" && (retentionBytes ?? retentionMs) !== undefined)
    return { key: unused, message: "cleanup.policy compact keeps every key; use compact,delete" };
  if (retentionBytes !== undefined && retentionBytes < segmentBytes)
    return {
      key: "retentionBytes",
      message: `retention.bytes ${retentionBytes} is less than one segment.bytes ${segmentBytes}`,
    };
  return undefined;
}

function integer(min: number, max: number): Bound {
  return (value) => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
}

function oneOf(known: readonly string[]): Bound {
  return (value) => typeof value === "string" && known.includes(value);
}
