import type { OperationRecord } from "./operations.ts";
import { isFile, SimDirectory } from "./sim-directory.ts";

/** The same few paths are asked for all the time; more than so many are not worth keeping. */
const KNOWN_MAX = 1000;
const known = new Map<string, readonly string[]>();

/** Relative and absolute paths name the same: there is one root and no working directory. */
export function partsOf(path: string): readonly string[] {
  const found = known.get(path);
  if (found !== undefined) return found;
  if (known.size === KNOWN_MAX) known.clear();
  const parts = split(path);
  known.set(path, parts);
  return parts;
}

function split(path: string): readonly string[] {
  const parts = path.split("/");
  const clean = !parts.includes("") && !parts.includes(".");
  return clean ? parts : parts.filter((part) => part !== "" && part !== ".");
}

export function parentOf(path: string): string {
  return partsOf(path).slice(0, -1).join("/");
}

export function nameOf(path: string): string {
  return partsOf(path).at(-1) ?? "";
}

export function directoryAt(root: SimDirectory, path: string): SimDirectory | undefined {
  const parts = partsOf(path);
  return descend(root, parts, parts.length);
}

/** The directory that holds, or would hold, what `path` names. */
export function parentAt(root: SimDirectory, path: string): SimDirectory | undefined {
  const parts = partsOf(path);
  return descend(root, parts, Math.max(0, parts.length - 1));
}

function descend(
  root: SimDirectory,
  parts: readonly string[],
  depth: number,
): SimDirectory | undefined {
  let directory = root;
  for (let at = 0; at < depth; at++) {
    const node = directory.get(parts[at] ?? "");
    if (node === undefined || isFile(node)) return undefined;
    directory = node;
  }
  return directory;
}

export function ensureName(parent: SimDirectory, name: string, record: OperationRecord): void {
  const node = new SimDirectory();
  parent.change({ operation: record, removed: undefined, added: { name, node } });
}
