import { type RunResult, storyLines } from "../run.ts";
import type { RunOptions } from "../run-options.ts";

const FORMAT = 1;

/** A trace as a file: the first line says how to run it again, each further one is an event. */
export interface TraceFile {
  readonly options: RunOptions;
  readonly violations: readonly { readonly check: string; readonly message: string }[];
  readonly lines: readonly string[];
}

export function traceFileOf(result: RunResult): TraceFile {
  const violations = result.violations.map(({ check, message }) => ({ check, message }));
  return { options: result.options, violations, lines: storyLines(result.story) };
}

export function writeTrace({ options, violations, lines }: TraceFile): string {
  const head = JSON.stringify({ balsaTrace: FORMAT, options, violations });
  return `${[head, ...lines].join("\n")}\n`;
}

/** @throws Error saying why `text` is no trace. */
export function readTrace(text: string): TraceFile {
  const [head = "", ...lines] = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const found = parseObject(head);
  if (found?.["balsaTrace"] !== FORMAT)
    throw new Error(`the first line is not that of a trace of format ${FORMAT}`);
  const { options, violations } = found as unknown as TraceFile;
  return { options, violations, lines };
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The first line in which two traces differ, counted from 1 after the head. */
export function firstDifference(
  expected: readonly string[],
  actual: readonly string[],
): { readonly line: number; readonly expected: string; readonly actual: string } | undefined {
  const length = Math.max(expected.length, actual.length);
  for (let at = 0; at < length; at++)
    if (expected[at] !== actual[at])
      return {
        line: at + 1,
        expected: expected[at] ?? "(the end)",
        actual: actual[at] ?? "(the end)",
      };
  return undefined;
}
