import type { Fault } from "./fault.ts";
import type { SourceFile } from "./source-file.ts";

export const MAX_FILE_LINES = 400;
export const MAX_FUNCTION_LINES = 70;
export const MAX_LINE_COLUMNS = 100;
export const MAX_MEDIAN_BYTES = 4096;

/**
 * The last line of a function's head, as the formatter writes it. Its body ends at the next line of
 * the same indentation that begins with a brace.
 */
const FUNCTION_HEAD = [
  /\bfunction\b.*\{$/,
  /=> \{$/,
  /^\s*(?:(?:static|async|override|get|set)\s+|\*)*[#\w[\].]+(?:<.*>)?\(.*\)(?:: .+)? \{$/,
  /^\s*\)(?:: .+)? \{$/,
];
const NOT_A_FUNCTION = /^\s*(?:\} )?(?:if|else|for|while|switch|catch|do|try)\b/;

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function isFunctionHead(line: string): boolean {
  return !NOT_A_FUNCTION.test(line) && FUNCTION_HEAD.some((head) => head.test(line));
}

export function longFiles(files: readonly SourceFile[]): readonly Fault[] {
  return files.flatMap(({ path, text }) => {
    const count = text.split("\n").length - 1;
    if (count <= MAX_FILE_LINES) return [];
    return [{ path, line: count, sentence: `${count} lines; at most ${MAX_FILE_LINES}` }];
  });
}

export function longFunctions(files: readonly SourceFile[]): readonly Fault[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.split("\n");
    return lines.flatMap((line, start) => {
      if (!isFunctionHead(line)) return [];
      const indent = indentOf(line);
      const length = lines
        .slice(start + 1)
        .findIndex((next) => indentOf(next) === indent && next.trimStart().startsWith("}"));
      const count = length + 2;
      if (count <= MAX_FUNCTION_LINES) return [];
      const sentence = `a function of ${count} lines; at most ${MAX_FUNCTION_LINES}`;
      return [{ path, line: start + 1, sentence }];
    });
  });
}

/** Lines over the limit; one that is a single unbreakable word (a URL) may stay. */
export function longLines(files: readonly SourceFile[]): readonly Fault[] {
  return files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, at) => {
      if (line.length <= MAX_LINE_COLUMNS || !line.trim().includes(" ")) return [];
      const sentence = `${line.length} columns; at most ${MAX_LINE_COLUMNS}`;
      return [{ path, line: at + 1, sentence }];
    }),
  );
}

/** Median size in bytes; 0 for no files. */
export function medianBytes(files: readonly SourceFile[]): number {
  const sizes = files.map(({ text }) => Buffer.byteLength(text)).toSorted((a, b) => a - b);
  return sizes[sizes.length >> 1] ?? 0;
}
