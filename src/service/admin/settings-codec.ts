import { LogError } from "../../common/errors.ts";
import type { LogSettings } from "../../statemachine/settings.ts";
import type { ChangeSettingsRequest, WireLogSettings } from "../../wire/admin-messages.ts";

const MILLION = 1_000_000;

/** Settings that may be unlimited, by the name of their field in `admin.proto`. */
const UNLIMITED: ReadonlyMap<string, "segmentMs" | "retentionMs" | "retentionBytes"> = new Map([
  ["segment_ms", "segmentMs"],
  ["retention_ms", "retentionMs"],
  ["retention_bytes", "retentionBytes"],
]);

export function toWireSettings(settings: LogSettings): WireLogSettings {
  const { minCleanableDirtyRatio, ...same } = settings;
  const millionths = Math.round(minCleanableDirtyRatio * MILLION);
  return { ...same, minCleanableDirtyRatioMillionths: millionths };
}

/**
 * What a request asks to change; values are checked where the settings are (statemachine).
 * @throws LogError INVALID_ARGUMENT when it names a setting that always has a value
 */
export function requestedChanges(request: ChangeSettingsRequest): Partial<LogSettings> {
  const { minCleanableDirtyRatioMillionths: millionths, ...same } = request.changes ?? {};
  const given = Object.entries(same).filter(([, value]) => value !== undefined);
  const unlimited = request.unlimited.map((name) => {
    const key = UNLIMITED.get(name);
    if (key === undefined)
      throw new LogError("INVALID_ARGUMENT", `${name} cannot be unlimited`, {
        hint: `these can: ${[...UNLIMITED.keys()].join(", ")}`,
      });
    return [key, undefined] as const;
  });
  return Object.fromEntries([
    ...given,
    ...unlimited,
    ...(millionths === undefined ? [] : [["minCleanableDirtyRatio", millionths / MILLION]]),
  ]) as Partial<LogSettings>;
}
