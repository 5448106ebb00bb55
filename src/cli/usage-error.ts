import type { Argv } from "yargs";
import { nearest } from "../runtime/config/suggest.ts";
import { neededBy } from "./command.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure, invalidValue } from "./failure.ts";

const GROUPS: readonly string[] = ["cluster", "chaos", "segments", "snapshot", "config", "sim"];

interface KnownOptions {
  readonly key: Readonly<Record<string, unknown>>;
  readonly alias: Readonly<Record<string, readonly string[]>>;
}

/**
 * What yargs found wrong with the words of the command line, made kind: what was probably meant,
 * and where to read on. Exit code 128, or 3 where only a value is wrong.
 */
export function usageError(message: string, yargs: Argv, words: readonly string[]): Failure {
  const command = words.filter((word) => !word.startsWith("-"));
  const hint = `see \`balsa ${helpPath(command)}--help\``;
  const [, flag] = /^Not enough arguments following: (.*)$/.exec(message) ?? [];
  if (flag === "f" && (command[0] === "tail" || command[0] === "consume"))
    return bad("tail follows already: -f takes a format, such as -f '%o %v\\n'", hint);
  if (flag !== undefined) return bad(`${dashed(flag)} needs a value`, hint);
  const [, name, given, choices] =
    /Argument: (.*), Given: "(.*)", Choices: (.*)/.exec(message) ?? [];
  if (name !== undefined) {
    const listed = choices?.replaceAll('"', "");
    return invalidValue(dashed(name), `"${given}" is none of ${listed}`, hint);
  }
  if (message.startsWith("Not enough non-option arguments")) {
    const group = command.length === 1 && GROUPS.includes(command[0] ?? "");
    if (group) return bad(`say which: balsa ${command[0]} <command>`, hint);
    const needed = neededBy(command);
    return bad(needed === undefined ? "a value is missing" : `${needed} is missing`, hint);
  }
  const [, meant] = /^Did you mean (.*)\?$/.exec(message) ?? [];
  if (meant !== undefined) {
    const typed = command.find((word) => nearest(word, [meant]) !== undefined) ?? command.at(-1);
    return bad(`unknown command "${typed}", did you mean ${meant}?`, "see `balsa --help`");
  }
  const [, kind, listed = ""] = /^Unknown (argument|command)s?: (.*)$/s.exec(message) ?? [];
  if (kind === undefined) return bad(lowered(message.split("\n").join("; ")), hint);
  return unknownWord(listed.split(", ")[0] ?? "", yargs, words, hint);
}

function unknownWord(first: string, yargs: Argv, words: readonly string[], hint: string): Failure {
  const given = words.find((word) => word.replace(/^-+/, "").split("=")[0] === first) ?? first;
  const dashes = /^-+/.exec(given)?.[0] ?? "";
  if (dashes === "") return bad(`unknown command or value "${first}"`, hint);
  const guess = nearest(first, longNames(yargs));
  const meant = guess === undefined ? "" : `, did you mean --${guess}?`;
  return bad(`unknown flag ${dashes}${first}${meant}`, hint);
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
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
  return GROUPS.includes(first) && second !== undefined ? `${first} ${second} ` : `${first} `;
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
