import type { Client, LogRecord } from "../../client/index.ts";
import { resolveEndpoints } from "../endpoints.ts";
import { GatheredOutput } from "../gathered-output.ts";
import { addressOfNode } from "../node-address.ts";
import { type ClientArguments, withClient } from "../open-client.ts";
import type { OutputFormat } from "../output.ts";
import { DEFAULT_FROM, parseFrom, type ReadFrom } from "../read-position.ts";
import { say } from "../terminal.ts";
import { recordJson } from "../record-json.ts";
import { parseTemplate } from "../record-template.ts";

export interface TailArguments {
  readonly from: string | undefined;
  readonly count: number | undefined;
  readonly exitAtEnd: boolean;
  readonly template: string | undefined;
  readonly node: string | undefined;
  readonly endpoints: string | undefined;
  readonly timeoutMs: number;
  readonly format: OutputFormat;
}

type Printer = (record: LogRecord, output: GatheredOutput) => void;

const NEWLINE = 0x0a;

/** Prints records to stdout until the end, the count, or for ever. */
export async function tailRecords(args: TailArguments): Promise<void> {
  const from = args.from === undefined ? DEFAULT_FROM : parseFrom(args.from);
  const print = printerFor(args);
  const printer = args.format === "json" ? new JsonArray(print) : undefined;
  const output = new GatheredOutput();
  const add: Printer = printer === undefined ? print : (record, to) => printer.add(record, to);
  if (args.count !== 0)
    await withClient(await whomToAsk(args), (client) => follow(client, args, from, add, output));
  printer?.end(output);
  await output.flush();
}

async function follow(
  client: Client,
  args: TailArguments,
  from: ReadFrom,
  print: Printer,
  output: GatheredOutput,
): Promise<void> {
  let left = args.count ?? Number.POSITIVE_INFINITY;
  const log = client.tail({
    from,
    ...(args.exitAtEnd ? { to: "end" as const } : {}),
    consistency: args.node === undefined ? "linearizable" : "local",
  });
  const told =
    typeof from === "object" && "offset" in from ? tellIfBeyond(client, from.offset) : undefined;
  for await (const batch of log.batches()) {
    for (const record of left < batch.length ? batch.slice(0, left) : batch) print(record, output);
    left -= Math.min(left, batch.length);
    await output.flush();
    if (left === 0) return;
  }
  await told;
}

/** Silence has a reason: the log ends before the place that was asked for. */
async function tellIfBeyond(client: Client, offset: number): Promise<void> {
  try {
    const { highWatermark } = await client.offsets();
    if (offset > highWatermark)
      say(`offset ${offset} is beyond the end: the next record gets offset ${highWatermark}`);
  } catch {
    // The tail itself says what is wrong with the cluster.
  }
}

async function whomToAsk(args: TailArguments): Promise<ClientArguments> {
  const { node, timeoutMs } = args;
  if (node === undefined) return args;
  const endpoints = resolveEndpoints(args.endpoints);
  return { endpoints: await addressOfNode(node, endpoints, timeoutMs), timeoutMs };
}

function printerFor({ template, format }: TailArguments): Printer {
  if (template !== undefined) {
    const parts = parseTemplate(template);
    return (record, output) => {
      for (const part of parts) output.add(typeof part === "function" ? part(record) : part);
    };
  }
  if (format === "ndjson")
    return (record, output) => output.add(`${JSON.stringify(recordJson(record))}\n`);
  if (format === "json") return (record, output) => output.add(JSON.stringify(recordJson(record)));
  return ({ value }, output) => {
    if (value !== null) output.add(value);
    output.addByte(NEWLINE);
  };
}

/** One JSON array, written as it grows. */
class JsonArray {
  readonly #print: Printer;
  #any = false;

  constructor(print: Printer) {
    this.#print = print;
  }

  add(record: LogRecord, output: GatheredOutput): void {
    output.add(this.#any ? ",\n " : "[\n ");
    this.#any = true;
    this.#print(record, output);
  }

  end(output: GatheredOutput): void {
    output.add(this.#any ? "\n]\n" : "[]\n");
  }
}
