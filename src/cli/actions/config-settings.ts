import type { LogSettings } from "../../client/index.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import {
  parseSetting,
  SETTING_NAMES,
  settingNamed,
  type SettingName,
  valueText,
} from "../log-settings-text.ts";
import { type ClientArguments, withClient } from "../open-client.ts";
import { type Column, type OutputFormat, printObject, printRows } from "../output.ts";

type Arguments = ClientArguments & { readonly format: OutputFormat };

interface Row {
  readonly key: string;
  readonly value: string;
  readonly before?: string | undefined;
}

const COLUMNS: readonly Column<Row>[] = [
  { header: "KEY", value: ({ key }) => key },
  { header: "VALUE", value: ({ value }) => value },
];
const CHANGED_COLUMNS: readonly Column<Row>[] = [
  ...COLUMNS,
  { header: "BEFORE", value: ({ before }) => before ?? "-" },
];

/** The settings in force, all of them or the named ones. */
export async function getSettings(
  args: Arguments & { readonly keys: readonly string[] },
): Promise<void> {
  const wanted = args.keys.map((key) => [key.replace(/^log\./, ""), settingNamed(key)] as const);
  const settings = await withClient(args, ({ admin }) =>
    admin.settings({ timeoutMs: args.timeoutMs }),
  );
  await print(args.format, rowsOf(wanted.length > 0 ? wanted : SETTING_NAMES, settings), COLUMNS);
}

/** Replaces settings on all nodes, by an entry of the log. */
export async function setSettings(
  args: Arguments & { readonly assignments: readonly string[] },
): Promise<void> {
  const changes = new Map(args.assignments.map(assignment));
  const { before, after } = await withClient(args, async ({ admin }) => {
    const { timeoutMs } = args;
    const current = await admin.settings({ timeoutMs });
    const wanted = Object.fromEntries(changes) as Partial<LogSettings>;
    return { before: current, after: await admin.changeSettings(wanted, { timeoutMs }) };
  });
  const names = [...SETTING_NAMES].filter(([, name]) => changes.has(name));
  const rows = rowsOf(names, after).map((row, at) => {
    const name = names[at]?.[1];
    return { ...row, before: name && valueText(name, before[name]) };
  });
  await print(args.format, rows, CHANGED_COLUMNS);
}

function assignment(text: string): readonly [SettingName, LogSettings[SettingName]] {
  const at = text.indexOf("=");
  if (at <= 0)
    throw new Failure(
      EXIT.invalidValue,
      "INVALID_ARGUMENT",
      `"${text}" is not key=value`,
      "such as retention.bytes=1GiB, or retention.ms=unlimited",
    );
  const name = settingNamed(text.slice(0, at).trim());
  return [name, parseSetting(name, text.slice(at + 1).trim())];
}

function rowsOf(
  names: Iterable<readonly [string, SettingName]>,
  settings: LogSettings,
): readonly Row[] {
  return [...names].map(([key, name]) => ({ key, value: valueText(name, settings[name]) }));
}

/** JSON is one object by key: what scripts look up. */
async function print(
  format: OutputFormat,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): Promise<void> {
  if (format !== "json" && format !== "ndjson") return printRows(format, rows, columns);
  return printObject(format, Object.fromEntries(rows.map(({ key, value }) => [key, value])), "");
}
