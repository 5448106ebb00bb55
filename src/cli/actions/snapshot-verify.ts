import { type SnapshotFile, snapshotFiles } from "../../storage/dump/snapshot-files.ts";
import { nodeFileSystem } from "../../storage/node-file-system.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { megabytes } from "../numbers.ts";
import { type OutputFormat, write } from "../output.ts";

interface Verified {
  readonly path: string;
  readonly ok: boolean;
  readonly files: number;
  readonly bytes: number;
  readonly damaged: readonly { readonly file: string; readonly what: string }[];
}

/** Reads all of it; tells everything found on stdout, and fails with 8 where it is damage. */
export async function verifySnapshots(args: {
  readonly paths: readonly string[];
  readonly format: OutputFormat;
}): Promise<void> {
  const all: Verified[] = [];
  for (const path of args.paths) {
    const verified = verdictOn(path, await snapshotFiles(nodeFileSystem, path, true));
    all.push(verified);
    if (args.format === "ndjson") await write(`${JSON.stringify(verified)}\n`);
    else if (args.format !== "json") await write(asText(verified));
  }
  if (args.format === "json") await write(`${JSON.stringify({ paths: all }, undefined, 2)}\n`);
  const damage = all.flatMap(({ damaged }) => damaged);
  const [first] = damage;
  if (first === undefined) return;
  const more = damage.length === 1 ? "" : `, and ${damage.length - 1} more`;
  throw new Failure(EXIT.corruption, "CORRUPT", `damage: ${first.file}${more}`, NEXT);
}

const NEXT = "docs/operating.md says what to do about a damaged checkpoint or compacted file";

function verdictOn(path: string, files: readonly SnapshotFile[]): Verified {
  const damaged = files.flatMap(({ path: file, damage }) =>
    damage === undefined ? [] : [{ file, what: damage }],
  );
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { path, ok: damaged.length === 0, files: files.length, bytes, damaged };
}

function asText({ path, ok, files, bytes, damaged }: Verified): string {
  const seen = `${files === 1 ? "1 file" : `${files} files`}, ${megabytes(bytes)}`;
  const lines = damaged.map(({ file, what }) => `${file}: damaged: ${what}`);
  return `${[...lines, `${path}: ${ok ? "ok" : "DAMAGED"}: ${seen}`].join("\n")}\n`;
}
