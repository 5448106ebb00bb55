import { type FailureReport, reportOf } from "./failure.ts";
import { paint, say, wantsColor } from "./terminal.ts";

/** Tells what went wrong in the format that was asked for; returns the exit code. */
export function printFailure(thrown: unknown, words: readonly string[]): number {
  const report = reportOf(thrown);
  if (wantsJson(words)) say(asJson(report));
  else for (const line of asText(report)) say(line);
  if (wantsStack(words) && thrown instanceof Error) say(stackOf(thrown));
  return report.exitCode;
}

function asJson({ code, message, hint, retryable, outcome }: FailureReport): string {
  return JSON.stringify({ error: { code, message, hint, retryable, outcome } });
}

function asText({ message, hint }: FailureReport): readonly string[] {
  const color = wantsColor(process.stderr);
  const lines = message.split("\n").map((line) => `${paint(color, "red", "balsa:")} ${line}`);
  return hint === undefined ? lines : [...lines, `  ${paint(color, "dim", hint)}`];
}

/** The words themselves are read: a command line that cannot be parsed has no parsed flags. */
function wantsJson(words: readonly string[]): boolean {
  return words.some((word, at) => {
    if (word === "--json") return true;
    const value = /^(?:-w=?|--write-out=)(.+)$/.exec(word)?.[1];
    const format = value ?? (word === "-w" || word === "--write-out" ? words[at + 1] : undefined);
    return format === "json" || format === "ndjson";
  });
}

function wantsStack(words: readonly string[]): boolean {
  return words.includes("--verbose") || (process.env["BALSA_DEBUG"] ?? "") !== "";
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
