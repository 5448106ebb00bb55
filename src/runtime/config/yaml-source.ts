import { isMap, isScalar, LineCounter, type Node, type Pair, parseDocument } from "yaml";
import { CONFIG_KEYS } from "./keys.ts";
import { ConfigError, type ConfigProblem } from "./problem.ts";
import type { RawValue, SourcedValue } from "./sources.ts";
import { nearest } from "./suggest.ts";

const KEYS = new Map(CONFIG_KEYS.map((entry) => [entry.key, entry]));

/**
 * The settings of a YAML file by full key, each with `file:line`. Nesting and dots are the same:
 * `log: { segment.bytes: 8MiB }` sets `log.segment.bytes`.
 * @throws ConfigError with every unknown or unreadable line
 */
export function readYaml(path: string, text: string): ReadonlyMap<string, SourcedValue> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const problems: ConfigProblem[] = document.errors.map((error) => ({
    origin: `${path}:${lines.linePos(error.pos[0]).line}`,
    message: firstLine(error.message),
  }));
  const values = new Map<string, SourcedValue>();
  const originOf = (node: unknown): string => {
    const range = (node as Node | null)?.range;
    return range ? `${path}:${lines.linePos(range[0]).line}` : path;
  };
  const visit = (prefix: string, pair: Pair): void => {
    const key = prefix + String(isScalar(pair.key) ? pair.key.value : pair.key);
    const origin = originOf(pair.key);
    const known = KEYS.get(key);
    const problem = (message: string) => problems.push({ origin, message });
    if (known === undefined && isMap(pair.value) && isPrefix(key))
      for (const inner of pair.value.items) visit(`${key}.`, inner);
    else if (known === undefined) problem(unknownKey(key));
    else if (values.has(key)) problem(`"${key}" is set twice`);
    else {
      const value = plain(pair.value, known.kind === "addresses");
      if (value === undefined) problem(`"${key}" needs ${needed(known.kind)}`);
      else values.set(key, { value, origin });
    }
  };
  if (isMap(document.contents)) for (const pair of document.contents.items) visit("", pair);
  else if (document.contents !== null && problems.length === 0)
    problems.push({ origin: `${path}:1`, message: "a map of settings is expected" });
  if (problems.length > 0) throw new ConfigError(problems);
  return values;
}

function isPrefix(key: string): boolean {
  return CONFIG_KEYS.some((known) => known.key.startsWith(`${key}.`));
}

function unknownKey(key: string): string {
  const names = [...new Set([...KEYS.keys()].flatMap(withSections))];
  const leaf = (name: string) => name.slice(name.lastIndexOf(".") + 1);
  const guess =
    nearest(key, names) ??
    names.find((name) => name.endsWith(`.${key}`) || (leaf(name) === leaf(key) && key !== ""));
  return `unknown key "${key}"${guess === undefined ? "" : `, did you mean "${guess}"?`}`;
}

/** `log.segment.bytes` may be mistyped in `log` or in `log.segment` already. */
function withSections(key: string): readonly string[] {
  const parts = key.split(".");
  return parts.map((_, at) => parts.slice(0, at + 1).join("."));
}

function plain(node: unknown, addresses: boolean): RawValue | undefined {
  if (isScalar(node) && node.value !== null && node.value !== "") return String(node.value);
  if (!addresses || !isMap(node) || node.items.length === 0) return undefined;
  const pairs: Record<string, string> = {};
  for (const { key, value } of node.items) {
    if (!isScalar(key) || !isScalar(value) || value.value === null) return undefined;
    pairs[String(key.value)] = String(value.value);
  }
  return pairs;
}

function needed(kind: string): string {
  return kind === "addresses" ? "a map such as { n1: 127.0.0.1:7201 }" : `one value, a ${kind}`;
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0]?.replace(/ at line \d+.*$/, "") ?? message;
}
