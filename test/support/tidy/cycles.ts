import type { Fault } from "./fault.ts";
import { importsOf } from "./imports.ts";
import { folderOf } from "./layers.ts";
import type { SourceFile } from "./source-file.ts";

function folderGraph(files: readonly SourceFile[]): ReadonlyMap<string, ReadonlySet<string>> {
  const graph = new Map<string, Set<string>>();
  for (const { from, target } of files.flatMap(importsOf)) {
    if (target === undefined || !target.startsWith("src/")) continue;
    const [source, sink] = [folderOf(from), folderOf(target)];
    if (source === sink) continue;
    const sinks = graph.get(source) ?? new Set();
    graph.set(source, sinks.add(sink));
  }
  return graph;
}

/** Cycles between the folders of `src/`, type imports included; each is named once. */
export function folderCycles(files: readonly SourceFile[]): readonly Fault[] {
  const graph = folderGraph(files);
  const faults: Fault[] = [];
  const done = new Set<string>();
  const visit = (folder: string, path: readonly string[]): void => {
    const at = path.indexOf(folder);
    if (at >= 0) {
      const cycle = [...path.slice(at), folder].join(" -> ");
      faults.push({ path: `src/${folder}`, line: 1, sentence: `import cycle ${cycle}` });
      return;
    }
    if (done.has(folder)) return;
    for (const next of graph.get(folder) ?? []) visit(next, [...path, folder]);
    done.add(folder);
  };
  for (const folder of graph.keys()) visit(folder, []);
  return faults;
}
