import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Edit, Mutant } from "./mutant.ts";

/** Why the edits of a mutant do not fit the source any more, one line each; empty: they fit. */
export function staleEdits(sourceFolder: string, { edits }: Mutant): readonly string[] {
  const texts = new Map<string, string>();
  return edits.flatMap((edit) => {
    const before = texts.get(edit.file) ?? textOf(sourceFolder, edit.file);
    const planted = applyEdit(before, edit);
    if (typeof planted !== "string") return [`${edit.file}: ${planted.problem}`];
    texts.set(edit.file, planted);
    return [];
  });
}

/** Changes the files below `sourceFolder`, which is a copy. */
export function plant(sourceFolder: string, { edits }: Mutant): void {
  for (const edit of edits) {
    const planted = applyEdit(textOf(sourceFolder, edit.file), edit);
    if (typeof planted !== "string") throw new Error(`${edit.file}: ${planted.problem}`);
    writeFileSync(join(sourceFolder, edit.file), planted);
  }
}

function textOf(folder: string, file: string): string {
  return readFileSync(join(folder, file), "utf8");
}

function applyEdit(text: string, { find, replace }: Edit): string | { readonly problem: string } {
  const parts = text.split(find);
  const [before, after] = parts;
  if (find === replace) return { problem: "the edit changes nothing" };
  if (before === undefined || after === undefined || parts.length > 2)
    return { problem: `${parts.length - 1} places instead of one look like ${quoted(find)}` };
  return before + replace + after;
}

function quoted(text: string): string {
  return JSON.stringify(text.trim().split("\n")[0]);
}
