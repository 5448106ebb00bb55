import { readFileSync, writeFileSync } from "node:fs";

/** A stretch of prose, or commands with the output that they had. */
export type Block =
  | { readonly type: "prose"; readonly lines: readonly string[] }
  | {
      readonly type: "commands";
      readonly lineNumber: number;
      readonly commands: readonly string[];
      readonly output: readonly string[];
    };

const RULE = "----";

/**
 * A scenario is prose (lines that begin with `#`, and blank ones), commands one a line, a rule of
 * four dashes, and the output up to the next blank line.
 */
export function parseScenario(text: string): readonly Block[] {
  const lines = text.replace(/\n$/, "").split("\n");
  const isProse = (line: string | undefined): boolean =>
    line === "" || line?.startsWith("#") === true;
  const blocks: Block[] = [];
  let at = 0;
  const take = (goesOn: (line: string) => boolean): string[] => {
    const start = at;
    while (at < lines.length && goesOn(lines[at] ?? "")) at++;
    return lines.slice(start, at);
  };
  while (at < lines.length) {
    if (isProse(lines[at])) {
      blocks.push({ type: "prose", lines: take(isProse) });
      continue;
    }
    const lineNumber = at + 1;
    const commands = take((line) => line !== RULE && line !== "");
    if (lines[at] === RULE) at++;
    blocks.push({ type: "commands", lineNumber, commands, output: take((line) => line !== "") });
  }
  return blocks;
}

export function printScenario(blocks: readonly Block[]): string {
  const lines = blocks.flatMap((block) =>
    block.type === "prose" ? block.lines : [...block.commands, RULE, ...block.output],
  );
  return `${lines.join("\n")}\n`;
}

/** Runs one command; what it returns, line by line, is its output. */
export type Interpreter = (command: string) => readonly string[];

/**
 * Runs a scenario file and hands each block's expected and actual output to `compare`. With
 * `UPDATE=1` in the environment the file is rewritten instead: commit only what you understand.
 */
export function runScenario(
  path: string,
  interpret: Interpreter,
  compare: (actual: string, expected: string, place: string) => void,
): void {
  const blocks = parseScenario(readFileSync(path, "utf8"));
  const rewritten = blocks.map((block): Block => {
    if (block.type === "prose") return block;
    const lines = block.commands.flatMap((command) => interpret(command));
    const output = lines.length === 0 ? ["ok"] : lines;
    if (process.env["UPDATE"] !== "1")
      compare(output.join("\n"), block.output.join("\n"), `${path}:${block.lineNumber}`);
    return { ...block, output };
  });
  if (process.env["UPDATE"] === "1") writeFileSync(path, printScenario(rewritten));
}
