import type { LogSettings } from "../client/index.ts";
import { CONFIG_KEYS, type ConfigKey } from "../runtime/config/keys.ts";
import {
  formatDuration,
  formatSize,
  InvalidValue,
  parseDurationMs,
  parseRatio,
  parseSizeBytes,
} from "../runtime/config/quantity.ts";
import { SETTING_KEYS } from "../runtime/config/settings-of.ts";
import { nearest } from "../runtime/config/suggest.ts";
import { invalidValue } from "./failure.ts";

export type SettingName = keyof LogSettings;

const UNLIMITED = "unlimited";
const MAY_BE_UNLIMITED: ReadonlySet<SettingName> = new Set([
  ...(["segmentMs", "retentionMs", "retentionBytes"] as const),
]);

/** Replicated settings by the key under which an operator knows them, in the order of the file. */
export const SETTING_NAMES: ReadonlyMap<string, SettingName> = new Map(
  Object.entries(SETTING_KEYS).map(([name, key]) => [shortKey(key), name as SettingName]),
);

/** `segment.bytes` for `log.segment.bytes`; `snapshot.*` keeps its first word. */
function shortKey(key: string): string {
  return key.replace(/^log\./, "");
}

/** @throws Failure with a suggestion when `key` is no replicated setting */
export function settingNamed(key: string): SettingName {
  const known = SETTING_NAMES.get(shortKey(key));
  if (known !== undefined) return known;
  if (CONFIG_KEYS.some((other) => other.key === key || other.key === `log.${key}`))
    throw invalidValue(
      key,
      "each node has its own; it is no setting of the log",
      "change it in the node's file and start the node again",
    );
  const guess = nearest(shortKey(key), [...SETTING_NAMES.keys()]);
  const meant = guess === undefined ? "" : `, did you mean ${guess}?`;
  throw invalidValue(key, `there is no such setting${meant}`, `settings: ${listed()}`);
}

/** @throws Failure when the text means no value of that setting */
export function parseSetting(name: SettingName, text: string): LogSettings[SettingName] {
  const key = shortKey(SETTING_KEYS[name]);
  if (text === UNLIMITED) {
    if (MAY_BE_UNLIMITED.has(name)) return null;
    throw invalidValue(key, "cannot be unlimited");
  }
  try {
    return valueOf(definitionOf(name), text);
  } catch (error) {
    if (error instanceof InvalidValue) throw invalidValue(key, error.message);
    throw error;
  }
}

/** `segment.bytes=8MiB`: what `config set` would take. */
export function settingText(name: SettingName, value: LogSettings[SettingName]): string {
  return `${shortKey(SETTING_KEYS[name])}=${valueText(name, value)}`;
}

export function valueText(name: SettingName, value: LogSettings[SettingName]): string {
  if (value === null) return UNLIMITED;
  const { kind } = definitionOf(name);
  if (kind === "size") return formatSize(Number(value));
  return kind === "duration" ? formatDuration(Number(value)) : String(value);
}

function valueOf({ kind, choices = [] }: ConfigKey, text: string): LogSettings[SettingName] {
  if (kind === "size") return parseSizeBytes(text);
  if (kind === "duration") return parseDurationMs(text, "ms");
  if (kind === "ratio") return parseRatio(text);
  if (choices.includes(text)) return text as LogSettings[SettingName];
  throw new InvalidValue(`"${text}" is none of ${choices.join(" | ")}`);
}

function definitionOf(name: SettingName): ConfigKey {
  const found = CONFIG_KEYS.find(({ key }) => key === SETTING_KEYS[name]);
  if (found === undefined) throw new Error(`no key for ${name}`);
  return found;
}

function listed(): string {
  return [...SETTING_NAMES.keys()].join(", ");
}
