import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { repositoryPath } from "../../scripts/local-cluster/repository-path.ts";

const DPKG_STATUS = "/var/lib/dpkg/status";

/** The machine's package database where it has one, else this project's list of packages. */
function realText(): string {
  const path = existsSync(DPKG_STATUS) ? DPKG_STATUS : repositoryPath("package-lock.json");
  return readFileSync(path, "utf8");
}

/**
 * Writes a file of about `bytes` bytes: real lines again and again, each behind its number.
 * @returns how many lines
 */
export function writeNumberedLines(path: string, bytes: number): number {
  const lines = realText().split("\n");
  const file = openSync(path, "w");
  let count = 0;
  for (let written = 0; written < bytes; ) {
    const text = lines.map((line) => `${count++} ${line}\n`).join("");
    written += writeSync(file, text);
  }
  closeSync(file);
  return count;
}

/** One change of a database: `value` is `null` where the key is deleted. */
export interface Change {
  readonly key: string;
  readonly value: string | null;
}

/** A share of the keys goes in each round, and comes back in the next one. */
const DELETED_EVERY = 11;
/** What did not change is not written again. */
const UNCHANGED_EVERY = 4;

/**
 * One upgrade of all packages, field by field: most keys are written again, some are deleted and
 * come back in the next round.
 */
export function packageRound(round: number): readonly Change[] {
  fields ??= packageFields();
  return fields.flatMap(({ key, value }, at) => {
    if (round > 0 && at % UNCHANGED_EVERY === round % UNCHANGED_EVERY) return [];
    const deleted = at % DELETED_EVERY === round % DELETED_EVERY;
    return [{ key, value: deleted ? null : `${value} (upgrade ${round})` }];
  });
}

let fields: readonly { readonly key: string; readonly value: string }[] | undefined;

function packageFields(): readonly { readonly key: string; readonly value: string }[] {
  const found = new Map<string, string>();
  let name = "";
  for (const line of realText().split("\n")) {
    const field = /^\s*"?([\w./@-]+)"?: (.*)$/.exec(line);
    if (field === null) continue;
    const [, key = "", value = ""] = field;
    if (key === "Package" || value === "{") name = value === "{" ? key : value;
    found.set(`${name}/${key}`, value);
  }
  return [...found].map(([key, value]) => ({ key, value }));
}
