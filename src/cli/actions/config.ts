import { stringify } from "yaml";
import type { ResolvedSetting } from "../../runtime/config.ts";
import { type ConfigArguments, loadConfig } from "../load-config.ts";
import { type OutputFormat, printObject, printRows } from "../output.ts";

/** Prints the resolved configuration: as YAML that can be used again, or with origins. */
export async function printConfig(
  args: ConfigArguments & { readonly origins: boolean; readonly format: OutputFormat },
): Promise<void> {
  const { settings } = loadConfig(args);
  if (args.origins || args.format === "simple") {
    await printRows(args.format, settings, [
      { header: "KEY", value: ({ key }) => key },
      { header: "VALUE", value: ({ value }) => asText(value) },
      { header: "ORIGIN", value: ({ origin }) => origin },
    ]);
    return;
  }
  const plain = Object.fromEntries(settings.map(({ key, value }) => [key, value]));
  await printObject(args.format, plain, stringify(nested(settings), { lineWidth: 0 }));
}

function asText(value: ResolvedSetting["value"]): string {
  if (typeof value === "string") return value;
  return Object.entries(value)
    .map(([name, address]) => `${name}=${address}`)
    .join(",");
}

/** Sections become maps, as in the files under `cluster/`; the rest of a key keeps its dots. */
function nested(settings: readonly ResolvedSetting[]): Record<string, Record<string, unknown>> {
  const sections: Record<string, Record<string, unknown>> = {};
  for (const { key, value } of settings) {
    const dot = key.indexOf(".");
    const section = (sections[key.slice(0, dot)] ??= {});
    section[key.slice(dot + 1)] = isPlainYaml(value) ? JSON.parse(value) : value;
  }
  return sections;
}

/** What YAML would write without quotes anyway. */
function isPlainYaml(value: ResolvedSetting["value"]): value is string {
  return typeof value === "string" && /^(true|false|0|[1-9]\d*)$/.test(value);
}
