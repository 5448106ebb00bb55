import type { Argv } from "yargs";
import { nearest } from "../runtime/config/suggest.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

interface KnownOptions {
  readonly key: Readonly<Record<string, unknown>>;
  readonly alias: Readonly<Record<string, readonly string[]>>;
}

/**
 * What yargs found wrong with the words of the command line, made kind: exit code 128, the flag
 * that was probably meant, and where to read on.
 */
export function usageError(message: string, yargs: Argv, words: readonly string[]): Failure {
  const command = words.filter((word) => !word.startsWith("-"));
  const help = `balsa ${helpPath(command)}--help`;
  if (/following: f$/.test(message) && (command[0] === "tail" || command[0] === "consume"))
    return bad(
      "tail follows already: -f takes a format",
      `\`npx --no balsa tail\` follows; a format looks like -f '%o %v\\n'; see \`${help}\``,
    );
  const [, kind = "", listed = ""] = /^Unknown (argument|command)s?: (.*)$/s.exec(message) ?? [];
  const [first = ""] = listed.split(", ");
  if (kind === "") return bad(lowered(message.split("\n").join("; ")), `see \`${help}\``);
  const given = words.find((word) => word.replace(/^-+/, "").split("=")[0] === first) ?? first;
  const dashes = /^-+/.exec(given)?.[0] ?? "";
  if (dashes === "") return bad(`unknown command or value "${first}"`, `see \`${help}\``);
  const guess = nearest(first, longNames(yargs));
  const meant = guess === undefined ? "" : `, did you mean --${guess}?`;
  return bad(`unknown flag ${dashes}${first}${meant}`, `see \`${help}\``);
}

function bad(message: string, hint: string): Failure {
  return new Failure(EXIT.badFlags, "INVALID_ARGUMENT", message, hint);
}

/** Not in the published types, but the only place where a command's flags are listed. */
function longNames(yargs: Argv): readonly string[] {
  const { key, alias } = (yargs as unknown as { getOptions(): KnownOptions }).getOptions();
  return [...Object.keys(key), ...Object.keys(alias), ...Object.values(alias).flat()].filter(
    (name) => name.length > 1,
  );
}

function helpPath(command: readonly string[]): string {
  const [first, second] = command;
  if (first === undefined) return "";
  const grouped = ["cluster", "segments", "config"].includes(first) && second !== undefined;
  return grouped ? `${first} ${second} ` : `${first} `;
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
