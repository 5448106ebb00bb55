import type { Readable } from "node:stream";
import type { AppendInput } from "../client/index.ts";
import { MAX_RECORD_BYTES } from "../common/limits.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { LineSplitter, LineTooLong } from "./line-splitter.ts";

/** Records of one batch: large enough that a batch's own cost vanishes, small beside its limits. */
const BATCH_RECORDS = 2_000;
const BATCH_BYTES = 512 << 10;
/** A record's own bytes around key and value: tags and lengths of the encoding. */
const RECORD_OVERHEAD_BYTES = 32;

export type Batch = readonly AppendInput[];

export interface InputOptions {
  readonly keyDelimiter: string | undefined;
  /** At most so many records in one batch. */
  readonly maxRecords?: number | undefined;
}

/** The given values as batches. */
export function* batchesOfValues(
  values: readonly string[],
  options: InputOptions,
): Generator<Batch> {
  const gather = new Gatherer(options);
  for (const [at, value] of values.entries()) {
    const bytes = Buffer.from(value);
    if (bytes.length > MAX_RECORD_BYTES - RECORD_OVERHEAD_BYTES) throw tooLarge(`value ${at + 1}`);
    yield* gather.add(bytes);
  }
  yield* gather.rest();
}

/** The lines of a stream as batches. What has arrived does not wait for what has not. */
export async function* batchesOfLines(
  stream: Readable,
  options: InputOptions,
): AsyncGenerator<Batch> {
  const gather = new Gatherer(options);
  const splitter = new LineSplitter(MAX_RECORD_BYTES - RECORD_OVERHEAD_BYTES);
  try {
    for await (const chunk of stream) {
      for (const line of splitter.split(chunk as Buffer)) yield* gather.add(line);
      yield* gather.rest();
    }
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error;
    yield* gather.rest();
    throw tooLarge(`line ${error.lineNumber}`);
  }
  const last = splitter.rest();
  if (last !== undefined) yield* gather.add(last);
  yield* gather.rest();
}

class Gatherer {
  readonly #delimiter: Buffer | undefined;
  readonly #maxRecords: number;
  #batch: AppendInput[] = [];
  #bytes = 0;

  constructor({ keyDelimiter, maxRecords = BATCH_RECORDS }: InputOptions) {
    this.#delimiter = keyDelimiter === undefined ? undefined : Buffer.from(keyDelimiter);
    this.#maxRecords = Math.min(maxRecords, BATCH_RECORDS);
  }

  *add(line: Buffer): Generator<Batch> {
    const size = line.length + RECORD_OVERHEAD_BYTES;
    if (this.#bytes + size > BATCH_BYTES) yield* this.rest();
    this.#batch.push(this.#record(line));
    this.#bytes += size;
    if (this.#batch.length >= this.#maxRecords) yield* this.rest();
  }

  *rest(): Generator<Batch> {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#bytes = 0;
    yield batch;
  }

  #record(line: Buffer): AppendInput {
    const at = this.#delimiter === undefined ? -1 : line.indexOf(this.#delimiter);
    if (this.#delimiter === undefined || at === -1) return { value: line };
    return { key: line.subarray(0, at), value: line.subarray(at + this.#delimiter.length) };
  }
}

function tooLarge(what: string): Failure {
  return new Failure(
    EXIT.invalidValue,
    "RECORD_TOO_LARGE",
    `${what} is larger than a record may be (${MAX_RECORD_BYTES} bytes with its key)`,
    "store the large value elsewhere and append its name",
  );
}
