import type { Fault } from "./fault.ts";
import { type Import, importsOf } from "./imports.ts";
import type { SourceFile } from "./source-file.ts";

/** What a folder of `src/` may import: others of `src/` (`types`: `import type` only), packages. */
interface Layer {
  readonly folders: readonly string[];
  readonly types?: readonly string[];
  /** Packages by prefix. `node:` built-ins are the linter's business. */
  readonly packages?: readonly string[];
}

const GRPC = ["@grpc/", "grpc-health-check"];
const BELOW_RUNTIME = ["common", "raft", "storage", "statemachine", "wire", "transport"];

/** The table of the house: data flows down it, imports look up it. `cli` is free. */
export const LAYERS: Readonly<Record<string, Layer>> = {
  common: { folders: [] },
  raft: { folders: ["common"] },
  storage: { folders: ["common"], types: ["raft"] },
  statemachine: { folders: ["common"], types: ["raft"] },
  wire: { folders: ["common"], packages: GRPC },
  transport: { folders: ["common", "wire"], types: ["raft"], packages: GRPC },
  runtime: { folders: BELOW_RUNTIME, packages: ["pino", "yaml", "zod"] },
  service: { folders: ["common", "wire", "runtime"], types: ["statemachine"], packages: GRPC },
  client: { folders: ["common", "wire"], packages: GRPC },
  sim: { folders: [...BELOW_RUNTIME, "runtime"] },
  maelstrom: { folders: [...BELOW_RUNTIME, "runtime"] },
  "index.ts": { folders: ["client"] },
};

/** Files that touch the world; the simulator brings its own in their place. */
const NODE_ADAPTER = /^src\/(storage\/node-|transport\/grpc-|runtime\/system-)/;

/** First path segment below `src/`: the folder, or the file itself at the top. */
export function folderOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function refusal(found: Import): string | undefined {
  const folder = folderOf(found.from);
  const layer = LAYERS[folder];
  if (folder === "cli") return undefined;
  if (layer === undefined) return `src/${folder} is not in the table of layers`;
  if (found.target === undefined) {
    const allowed = ["node:", ...(layer.packages ?? [])];
    const known = allowed.some((prefix) => found.specifier.startsWith(prefix));
    return known ? undefined : `${folder} may not import the package ${found.specifier}`;
  }
  if (!found.target.startsWith("src/")) return `src/ may not import ${found.target}`;
  const target = folderOf(found.target);
  if (folder === "sim" && NODE_ADAPTER.test(found.target))
    return `sim brings its own adapter in place of ${found.target}`;
  if (target === folder || layer.folders.includes(target)) return undefined;
  if (layer.types?.includes(target))
    return found.typeOnly ? undefined : `${folder} may import only types from ${target}`;
  return `${folder} may not import ${target}`;
}

/** Imports that the table does not allow. */
export function layerFaults(files: readonly SourceFile[]): readonly Fault[] {
  return files.flatMap(importsOf).flatMap((found) => {
    const sentence = refusal(found);
    return sentence === undefined ? [] : [{ path: found.from, line: found.line, sentence }];
  });
}
