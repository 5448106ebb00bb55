import { createInterface } from "node:readline/promises";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

/**
 * Asks on a terminal; elsewhere nobody can answer, and silence is no consent.
 * @throws Failure saying `refused` unless the answer is yes
 */
export async function confirm(question: string, refused: string, flagHint: string): Promise<void> {
  const refusal = new Failure(EXIT.invalidValue, "INVALID_ARGUMENT", refused, flagHint);
  if (process.stdin.isTTY !== true) throw refusal;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw refusal;
}
