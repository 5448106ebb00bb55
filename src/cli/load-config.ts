import { readFileSync } from "node:fs";
import { type ResolvedConfig, resolveConfig } from "../runtime/config.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

/** What a command was told about configuration. */
export interface ConfigArguments {
  readonly file: string | undefined;
  readonly flags: Readonly<Record<string, string>>;
}

/** Reads the file, if one is named, and resolves it with flags and environment. */
export function loadConfig({ file, flags }: ConfigArguments): ResolvedConfig {
  const environment = process.env;
  const path = file ?? (environment["BALSA_CONFIG"] || undefined);
  if (path === undefined && flags["data-dir"] === undefined && !environment["BALSA_DATA_DIR"])
    throw new Failure(
      EXIT.invalidValue,
      "INVALID_ARGUMENT",
      "node.data-dir: nowhere to keep the log",
      "give --data-dir DIR for a single node, or --config FILE (cluster/n1.yaml)",
    );
  return resolveConfig({
    flags,
    environment,
    file: path === undefined ? undefined : { path, text: readText(path) },
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such file" : `cannot be read (${code})`;
    throw new Failure(EXIT.invalidValue, "INVALID_ARGUMENT", `--config ${path}: ${reason}`);
  }
}
