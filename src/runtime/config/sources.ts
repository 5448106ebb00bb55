import { parseAddressList } from "./address.ts";
import { CONFIG_KEYS, environmentName } from "./keys.ts";
import { ConfigError, type ConfigProblem, type Origin } from "./problem.ts";
import { InvalidValue } from "./quantity.ts";
import { editDistance } from "./suggest.ts";
import { readYaml } from "./yaml-source.ts";

/** A setting as written: text, or names with addresses. */
export type RawValue = string | Readonly<Record<string, string>>;

export interface SourcedValue {
  readonly value: RawValue;
  readonly origin: Origin;
}

/** Everything that may set something, strongest first. */
export interface ConfigSources {
  /** By flag name without dashes: `{ "segment-bytes": "8MiB" }`. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: { readonly path: string; readonly text: string } | undefined;
}

/** Other variables of Balsa's tools, which set nothing in a node. */
const TOOL_VARIABLES = ["BALSA_ENDPOINTS", "BALSA_CONFIG", "BALSA_DEBUG", "BALSA_SUPERVISED"];

/**
 * Flag over environment over file over default, for each key.
 * @throws ConfigError
 */
export function gatherSettings(sources: ConfigSources): ReadonlyMap<string, SourcedValue> {
  const { flags, environment, file } = sources;
  const problems: ConfigProblem[] = mistypedVariables(environment);
  const fromFile = file === undefined ? undefined : readYaml(file.path, file.text);
  const settings = new Map<string, SourcedValue>();
  for (const { key, flag, kind, fallback } of CONFIG_KEYS) {
    const variable = environmentName(flag);
    const candidates: readonly (SourcedValue | undefined)[] = [
      sourced(flags[flag], `--${flag}`),
      sourced(environment[variable] === "" ? undefined : environment[variable], variable),
      fromFile?.get(key),
      sourced(fallback, "default"),
    ];
    const found = candidates.find((candidate) => candidate !== undefined);
    if (found === undefined) continue;
    if (kind !== "addresses" || typeof found.value !== "string") settings.set(key, found);
    else settings.set(key, { ...found, value: listed(found.value, found.origin, problems) });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return settings;
}

function sourced(value: string | undefined, origin: Origin): SourcedValue | undefined {
  return value === undefined ? undefined : { value, origin };
}

function listed(text: string, origin: Origin, problems: ConfigProblem[]): RawValue {
  try {
    return parseAddressList(text);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    problems.push({ origin, message: error.message });
    return {};
  }
}

/**
 * A variable one or two letters from a known one is a mistake. Others that begin with `BALSA_` are
 * left alone: Kubernetes makes some for every service of that name.
 */
function mistypedVariables(environment: ConfigSources["environment"]): ConfigProblem[] {
  const known = [...CONFIG_KEYS.map(({ flag }) => environmentName(flag)), ...TOOL_VARIABLES];
  const problems: ConfigProblem[] = [];
  for (const name of Object.keys(environment)) {
    if (!name.startsWith("BALSA_") || known.includes(name)) continue;
    const near = known.find((candidate) => editDistance(name, candidate) <= 2);
    if (near === undefined) continue;
    problems.push({ origin: name, message: `unknown variable, did you mean ${near}?` });
  }
  return problems;
}
