import type { Options } from "yargs";
import { CONFIG_KEYS, type ConfigKey, environmentName } from "../runtime/config/keys.ts";

/** What a value looks like. */
const VALUES: Readonly<Record<Exclude<ConfigKey["kind"], "switch" | "choice">, string>> = {
  name: "NAME",
  path: "DIR",
  address: "HOST:PORT",
  addresses: "n1=HOST:PORT,…",
  duration: "250ms",
  size: "8MiB",
  count: "N",
  ratio: "0.5",
};

/** Flags of every setting, from the same table that the schema and the file use. */
export const configFlags: Readonly<Record<string, Options>> = Object.fromEntries(
  CONFIG_KEYS.map((key) => [key.flag, flagOf(key)]),
);

export const configFileFlag = {
  config: {
    type: "string",
    requiresArg: true,
    describe: "YAML file with settings (or $BALSA_CONFIG)",
  },
} as const;

/** The settings among parsed arguments, as text, by flag name. */
export function settingsAmong(
  args: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  const given: Record<string, string> = {};
  for (const { flag } of CONFIG_KEYS) {
    const value = args[flag];
    if (value !== undefined) given[flag] = String(value);
  }
  return given;
}

function flagOf(setting: ConfigKey): Options {
  const { key, flag, kind, fallback, fallbackNote, describe } = setting;
  const absent = fallback ?? fallbackNote;
  const notes = [valueOf(setting), key, environmentName(flag)];
  const described = `${describe} [${notes.filter((note) => note !== undefined).join(", ")}]`;
  return {
    group: "Settings:",
    describe: absent === undefined ? described : `${described} (default: ${absent})`,
    ...(kind === "switch" ? { type: "boolean" } : { type: "string", requiresArg: true }),
  };
}

function valueOf({ kind, choices }: ConfigKey): string | undefined {
  if (kind === "switch") return undefined;
  return kind === "choice" ? choices?.join("|") : VALUES[kind];
}
