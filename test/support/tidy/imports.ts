import { posix } from "node:path";
import type { SourceFile } from "./source-file.ts";

/** One import or re-export; `target` is a repository path where `specifier` is relative. */
export interface Import {
  readonly from: string;
  readonly line: number;
  readonly specifier: string;
  readonly target: string | undefined;
  readonly typeOnly: boolean;
}

const STATIC = /^(?:import|export)\s+(type\s+)?(?:[\w*$\s{},]*?\s+from\s+)?["']([^"']+)["']/;
const DYNAMIC = /\bimport\(\s*["']([^"']+)["']\s*\)/;
const STATEMENT = new RegExp(`${STATIC.source}|${DYNAMIC.source}`, "gm");

/** Static imports, re-exports and `import()` calls of a file, in order. */
export function importsOf(file: SourceFile): readonly Import[] {
  return [...file.text.matchAll(STATEMENT)].map((match) => {
    const specifier = match[2] ?? match[3] ?? "";
    const relative = specifier.startsWith(".");
    return {
      from: file.path,
      line: file.text.slice(0, match.index).split("\n").length,
      specifier,
      target: relative ? posix.join(posix.dirname(file.path), specifier) : undefined,
      typeOnly: match[1] !== undefined,
    };
  });
}
