import { posix } from "node:path";
import type { Fault } from "./fault.ts";
import type { SourceFile } from "./source-file.ts";

const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;
const FENCE = /^```/;
const CODE = /`([^`]+)`/g;
/** What READING.md may name: something below a folder of the repository. */
const REPOSITORY_PATH = /^(src|proto|test|scripts|docs|cluster)\/[\w./-]*$/;

/** The anchor that a heading gets: lower case, words joined by hyphens, punctuation gone. */
function anchorOf(heading: string): string {
  const words = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "");
  return words.trim().replace(/\s/g, "-");
}

function proseLines(text: string): readonly string[] {
  let fenced = false;
  return text.split("\n").map((line) => {
    if (FENCE.test(line)) fenced = !fenced;
    return fenced ? "" : line;
  });
}

function anchorsOf(text: string): ReadonlySet<string> {
  const headings = proseLines(text).filter((line) => /^#+ /.test(line));
  return new Set(headings.map((line) => anchorOf(line.replace(/^#+ /, ""))));
}

/** Links of Markdown files that lead nowhere. `exists` is asked for files that are not Markdown. */
export function brokenLinks(
  docs: readonly SourceFile[],
  exists: (path: string) => boolean,
): readonly Fault[] {
  const pages = new Map(docs.map((doc) => [doc.path, doc]));
  return docs.flatMap(({ path, text }) =>
    proseLines(text).flatMap((line, at) =>
      [...line.matchAll(LINK)].flatMap(([, link = ""]) => {
        if (/^[a-z]+:/.test(link)) return [];
        const [file = "", anchor] = link.split("#");
        const target = file === "" ? path : posix.join(posix.dirname(path), file);
        const page = pages.get(target);
        if (page === undefined && !exists(target))
          return [{ path, line: at + 1, sentence: `a link to ${target}, which is not there` }];
        if (anchor === undefined || page === undefined || anchorsOf(page.text).has(anchor))
          return [];
        return [{ path, line: at + 1, sentence: `${target} has no heading #${anchor}` }];
      }),
    ),
  );
}

function namedPaths(reading: SourceFile): readonly { readonly name: string; line: number }[] {
  return proseLines(reading.text).flatMap((text, at) =>
    [...text.matchAll(CODE)]
      .map(([, name = ""]) => ({ name, line: at + 1 }))
      .filter(({ name }) => REPOSITORY_PATH.test(name)),
  );
}

/** Paths that the walk names and that are not there. */
export function namedButAbsent(
  reading: SourceFile,
  exists: (path: string) => boolean,
): readonly Fault[] {
  return namedPaths(reading)
    .filter(({ name }) => !exists(name))
    .map(({ name, line }) => ({ path: reading.path, line, sentence: `${name} is not there` }));
}

/** Source files that the walk reaches neither by name nor by their own folder's name. */
export function unreachedSources(
  reading: SourceFile,
  sources: readonly SourceFile[],
): readonly Fault[] {
  const named = new Set(namedPaths(reading).map(({ name }) => name.replace(/\/$/, "")));
  return sources
    .filter(({ path }) => !named.has(path) && !named.has(posix.dirname(path)))
    .map(({ path }) => ({ path, line: 1, sentence: `not reached from ${reading.path}` }));
}
