import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function findRoot(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  return findRoot(dirname(folder));
}

const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

/** Absolute path of a file of the repository, whether this runs from `scripts/` or from `dist/`. */
export function repositoryPath(path: string): string {
  return join(ROOT, path);
}
