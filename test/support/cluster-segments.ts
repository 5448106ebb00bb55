import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** SHA-256 of every `.log` of a data directory but the last, which is still being written. */
export function sealedHashes(dataDirectory: string): ReadonlyMap<string, string> {
  const folder = join(dataDirectory, "log");
  const logs = readdirSync(folder).filter((name) => name.endsWith(".log"));
  return new Map(
    logs
      .toSorted()
      .slice(0, -1)
      .map((name) => [name, hashOf(join(folder, name))]),
  );
}

function hashOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/** Where nodes disagree about a sealed segment; empty when all have the same files and bytes. */
export function segmentDifferences(
  hashes: ReadonlyMap<string, ReadonlyMap<string, string>>,
): readonly string[] {
  const names = new Set([...hashes.values()].flatMap((files) => [...files.keys()]));
  return [...names].flatMap((name) => {
    const distinct = new Set([...hashes.values()].map((files) => files.get(name) ?? "absent"));
    if (distinct.size === 1) return [];
    const told = [...hashes].map(
      ([id, files]) => `${id} ${files.get(name)?.slice(0, 8) ?? "absent"}`,
    );
    return [`${name}: ${told.join(", ")}`];
  });
}
