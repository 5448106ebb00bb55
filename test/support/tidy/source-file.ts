import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A text file of the repository; `path` is relative to its root, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const TEXT = /\.(ts|mjs|json|jsonc|md|proto|yaml|yml|txt)$|^Procfile$|^LICENSE$|^run$/;
const NOT_OURS: ReadonlySet<string> = new Set(["node_modules", "dist", "data"]);

/** Every text file below `root/folder`, in path order. An absent folder has none. */
export function readTree(root: string, folder: string): readonly SourceFile[] {
  const base = join(root, folder);
  if (!existsSync(base)) return [];
  const found: SourceFile[] = [];
  const entries = readdirSync(base, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory() && !NOT_OURS.has(entry.name)) found.push(...readTree(root, path));
    if (entry.isFile() && TEXT.test(entry.name)) found.push(readSource(root, path));
  }
  return found;
}

/** The text files that lie directly in `root`. */
export function readTop(root: string): readonly SourceFile[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile() && TEXT.test(entry.name))
    .map((entry) => readSource(root, entry.name));
}

function readSource(root: string, path: string): SourceFile {
  return { path, text: readFileSync(join(root, path), "utf8") };
}
