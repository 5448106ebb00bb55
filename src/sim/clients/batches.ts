import { type Random, randomInteger } from "../../common/random.ts";
import { encodeRecordBatch } from "../../wire/record-batch.ts";
import type { AppendOperation } from "../history.ts";

/** Values for one batch, unique in the run: `c1-17-0`, `c1-17-1` … */
export function drawValues(client: string, number: number, random: Random): string[] {
  const count = randomInteger(random, 1, 3);
  return Array.from({ length: count }, (_, i) => `${client}-${number}-${i}`);
}

/** The batch as bytes; now and then padded, so that segments fill at an uneven pace. */
export function encodeValues(values: readonly string[], random: Random): Uint8Array {
  const padding = random.next() < 0.2 ? randomInteger(random, 0, 600) : 0;
  const records = values.map((value) => ({
    key: undefined,
    value: Buffer.from(`${value}|${"x".repeat(padding)}`),
    headers: [],
  }));
  return encodeRecordBatch(records);
}

/** An operation that has begun and of which nothing is known. */
export function begun(
  client: string,
  values: readonly string[],
  invokedMs: number,
  sequence?: number,
): AppendOperation {
  const undecided = { settledMs: undefined, outcome: "unknown" as const, offset: undefined };
  return { client, values, invokedMs, ...undecided, sequence };
}
