import type { Fault } from "./fault.ts";
import type { SourceFile } from "./source-file.ts";

/** `src/` is what ships; tests mirror it from `test/`. */
export function testsInSource(files: readonly SourceFile[]): readonly Fault[] {
  return files
    .filter(({ path }) => path.startsWith("src/") && /[.-](test|spec)\.ts$/.test(path))
    .map(({ path }) => ({ path, line: 1, sentence: "a test in src/; move it below test/" }));
}

const NARROWED = /\b(?:describe|it|test)\.(only|skip|todo|fails)\b/;

/** Tests that do not run, or that keep others from running. */
export function narrowedTests(files: readonly SourceFile[]): readonly Fault[] {
  return files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, at) => {
      const kind = NARROWED.exec(line)?.[1];
      return kind === undefined ? [] : [{ path, line: at + 1, sentence: `a test with .${kind}` }];
    }),
  );
}
