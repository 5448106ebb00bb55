import { setTimeout as sleep } from "node:timers/promises";
import type { AppendAck, Client, Producer } from "../../client/index.ts";
import { LogError } from "../../common/errors.ts";
import { type Batch, batchesOfLines, batchesOfValues } from "../append-input.ts";
import { AppendProgress } from "../append-progress.ts";
import { EXIT } from "../exit-codes.ts";
import { withClient } from "../open-client.ts";
import type { OutputFormat } from "../output.ts";
import { say } from "../terminal.ts";

export interface AppendArguments {
  readonly values: readonly string[];
  readonly keyDelimiter: string | undefined;
  readonly recordsPerSecond: number | undefined;
  readonly printAcks: boolean;
  readonly quiet: boolean;
  readonly endpoints: string | undefined;
  readonly timeoutMs: number;
  readonly format: OutputFormat;
}

/** Not acknowledged yet, on the way: enough to keep the pipeline full, and a bound on memory. */
const MAX_BUFFERED_BYTES = 16 << 20;
const PROGRESS_INTERVAL_MS = 250;
/** After Ctrl-C: how long acknowledgements on their way are waited for. */
const INTERRUPT_GRACE_MS = 2_000;

/** Appends values or the lines of stdin, and says how it went. */
export async function appendRecords(args: AppendArguments): Promise<void> {
  await withClient(args, (client) => appendWith(client, args));
}

async function appendWith(client: Client, args: AppendArguments): Promise<void> {
  const producer = client.producer({ maxBufferedBytes: MAX_BUFFERED_BYTES });
  const run = new AppendRun(producer, args);
  const interrupted = new Promise<"interrupted">((resolve) => {
    process.once("SIGINT", () => {
      resolve("interrupted");
      process.once("SIGINT", () => process.exit(EXIT.interrupted));
    });
  });
  const stopProgress = run.showProgress();
  try {
    const end = await Promise.race([run.all(), interrupted]);
    if (end === "interrupted") {
      run.interrupt();
      await Promise.race([producer.flush(), sleep(INTERRUPT_GRACE_MS)]).catch(() => {});
    }
  } finally {
    stopProgress();
    run.tellSummary();
  }
  // stdin may hold the process, and a producer that was interrupted need not be waited for.
  if (run.interrupted) process.exit(EXIT.interrupted);
  await producer.close();
}

class AppendRun {
  readonly #producer: Producer;
  readonly #args: AppendArguments;
  readonly #progress = new AppendProgress();
  #sent = 0;
  #failure: LogError | undefined;
  #printing: boolean;
  interrupted = false;

  constructor(producer: Producer, args: AppendArguments) {
    this.#producer = producer;
    this.#args = args;
    this.#printing = args.printAcks;
    // A reader of the acknowledgements that goes away must not end the append half way.
    process.stdout.removeAllListeners("error").on("error", () => (this.#printing = false));
  }

  async all(): Promise<void> {
    const { recordsPerSecond } = this.#args;
    const startedAtMs = performance.now();
    let refused: { readonly thrown: unknown } | undefined;
    try {
      for await (const batch of this.#batches()) {
        if (this.interrupted) return;
        if (recordsPerSecond !== undefined) {
          const dueMs = startedAtMs + (this.#sent / recordsPerSecond) * 1000;
          const earlyMs = dueMs - performance.now();
          if (earlyMs > 1) await sleep(earlyMs);
        }
        await this.#send(batch);
        if (this.#failure !== undefined) break;
      }
    } catch (thrown) {
      refused = { thrown };
    }
    // Also when a line cannot be taken: what was read before it is to be acknowledged.
    if (!this.interrupted) await this.#producer.flush();
    // What became of records that were sent weighs more than the line that was not.
    if (this.#failure !== undefined) throw this.#failure;
    if (refused !== undefined) throw refused.thrown;
  }

  interrupt(): void {
    this.interrupted = true;
    process.stdin.pause();
  }

  showProgress(): () => void {
    if (this.#args.quiet || process.stderr.isTTY !== true) return () => {};
    const timer = setInterval(() => {
      process.stderr.write(`\r\u001B[K${this.#progress.line()}`);
    }, PROGRESS_INTERVAL_MS);
    return () => {
      clearInterval(timer);
      process.stderr.write("\r\u001B[K");
    };
  }

  tellSummary(): void {
    const { format, quiet } = this.#args;
    const unknown = this.#sent - this.#progress.records;
    if (format === "json" || format === "ndjson") {
      // With acknowledgements on stdout the summary would be one object too many.
      const line = JSON.stringify({ ...this.#progress.summary(), unacknowledged: unknown });
      if (this.#args.printAcks) say(line);
      else process.stdout.write(`${line}\n`);
    } else if (!quiet || unknown > 0) {
      const rest = unknown === 0 ? "" : `; ${unknown} sent and not acknowledged`;
      say(`acknowledged: ${this.#progress.line()}${rest}`);
    }
  }

  #batches(): AsyncIterable<Batch> | Iterable<Batch> {
    const { values, keyDelimiter, recordsPerSecond } = this.#args;
    const maxRecords =
      recordsPerSecond === undefined ? undefined : Math.max(1, Math.floor(recordsPerSecond / 20));
    const options = { keyDelimiter, maxRecords };
    if (values.length > 0) return batchesOfValues(values, options);
    if (process.stdin.isTTY === true) say("reading lines from the terminal; Ctrl-D ends");
    return batchesOfLines(process.stdin, options);
  }

  async #send(batch: Batch): Promise<void> {
    let bytes = 0;
    for (const { value } of batch) bytes += value?.length ?? 0;
    const cost = 2 * bytes + 64 * batch.length;
    if (this.#producer.bufferedBytes + cost > MAX_BUFFERED_BYTES) await this.#producer.drain();
    this.#sent += batch.length;
    this.#producer.appendBatch(batch).then(
      (acks) => this.#acknowledged(acks, bytes),
      (thrown: unknown) => (this.#failure ??= LogError.from(thrown)),
    );
  }

  #acknowledged(acks: readonly AppendAck[], bytes: number): void {
    this.#progress.acknowledged(acks, bytes);
    if (!this.#printing) return;
    const json = this.#args.format === "json" || this.#args.format === "ndjson";
    const lines = acks.map((ack) =>
      json
        ? JSON.stringify(ack)
        : `${ack.offset}\t${ack.term}${ack.duplicate ? "\tduplicate" : ""}`,
    );
    process.stdout.write(`${lines.join("\n")}\n`);
  }
}
