import type { Fault } from "./fault.ts";
import type { SourceFile } from "./source-file.ts";

/** Spelled in halves, so that this file does not break the rule that it makes. */
const BANNED: readonly { readonly pattern: RegExp; readonly sentence: string }[] = [
  {
    pattern: new RegExp(
      `\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"].join("|")})\\b`,
    ),
    sentence: "work that is left open belongs in an issue",
  },
  {
    pattern: new RegExp(
      `\\b(${["A" + "I", "L" + "LM", "Chat" + "GPT", "Cop" + "ilot"].join("|")})\\b`,
    ),
    sentence: "the project speaks of itself alone",
  },
  {
    pattern: new RegExp(
      `(^|[\\s"'\`(=])/(${["ho" + "me", "ro" + "ot", "Us" + "ers", "wo" + "rk"].join("|")})/`,
    ),
    sentence: "a path of somebody's machine",
  },
  {
    pattern: new RegExp(
      `\\b(${["registry" + "\\.npm", "npm" + "mirror", "\\.pkg" + "\\.dev"].join("|")})`,
    ),
    sentence: "a registry's host: where packages come from is the user's choice",
  },
  { pattern: /[ \t]+$/, sentence: "white space at the end of the line" },
];

export function bannedWords(files: readonly SourceFile[]): readonly Fault[] {
  return files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, at) =>
      BANNED.filter(({ pattern }) => pattern.test(line)).map(({ sentence }) => {
        return { path, line: at + 1, sentence };
      }),
    ),
  );
}
