import { type Random, randomInteger } from "../../common/random.ts";
import { type BatchRecord, encodeRecordBatch } from "../../wire/record-batch.ts";
import type { AppendOperation } from "../history.ts";
import { nameOfRecord } from "../read-log.ts";

/** How many of the records have a key, where records have keys, and how many of those delete it. */
const KEYED_SHARE = 0.85;
const TOMBSTONE_SHARE = 0.15;

/** One batch as a client draws it. */
export interface DrawnBatch {
  readonly values: readonly string[];
  readonly keys: readonly (string | undefined)[] | undefined;
  readonly deletes: readonly boolean[] | undefined;
  readonly payload: Uint8Array;
}

/**
 * Records unique in the run: `c1-17-0`, `c1-17-1` …, and with what they are besides, where they
 * have keys: `c1-17-0@k3`, or `c1-17-0@k3!`, which deletes it. Now and then padded, so that
 * segments fill at an uneven pace.
 */
export function drawBatch(
  client: string,
  number: number,
  random: Random,
  keys: number | undefined,
): DrawnBatch {
  const count = randomInteger(random, 1, 3);
  const names = Array.from({ length: count }, (_, i) => `${client}-${number}-${i}`);
  const keyed = keys === undefined ? undefined : names.map(() => drawKey(random, keys));
  const padding = random.next() < 0.2 ? randomInteger(random, 0, 600) : 0;
  const records = names.map((name, at) => recordOf(name, keyed?.[at], padding));
  return {
    values: records.map(nameOfRecord),
    keys: keyed?.map(({ key }) => key),
    deletes: keyed?.map(({ deleted }) => deleted),
    payload: encodeRecordBatch(records),
  };
}

/** An operation that has begun and of which nothing is known. */
export function begun(
  client: string,
  { values, keys, deletes }: DrawnBatch,
  invokedMs: number,
  sequence?: number,
): AppendOperation {
  const undecided = { settledMs: undefined, outcome: "unknown" as const, offset: undefined };
  const keyed = keys === undefined ? {} : { keys, deletes };
  return { client, values, ...keyed, invokedMs, ...undecided, sequence };
}

interface DrawnKey {
  readonly key: string | undefined;
  readonly deleted: boolean;
}

function drawKey(random: Random, keys: number): DrawnKey {
  if (random.next() >= KEYED_SHARE) return { key: undefined, deleted: false };
  const key = `k${randomInteger(random, 1, keys)}`;
  return { key, deleted: random.next() < TOMBSTONE_SHARE };
}

/** What has no value says in a header which record it is. */
function recordOf(name: string, drawn: DrawnKey | undefined, padding: number): BatchRecord {
  const text = Buffer.from(`${name}|${"x".repeat(padding)}`);
  const key = drawn?.key === undefined ? undefined : Buffer.from(drawn.key);
  if (drawn?.deleted !== true) return { key, value: text, headers: [] };
  return { key, value: undefined, headers: [{ name: "record", value: text }] };
}
