import type { FrameHeader } from "../../common/frame.ts";
import { type DumpedFrame, dumpFrames as framesOf } from "../../storage/dump/dump-frames.ts";
import { nodeFileSystem } from "../../storage/node-file-system.ts";
import { decodeRecordBatch } from "../../wire/record-batch.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { GatheredOutput } from "../gathered-output.ts";
import type { OutputFormat } from "../output.ts";
import { bytesJson } from "../record-json.ts";

const HEADLINE = [
  "POSITION".padStart(10),
  "LENGTH".padStart(8),
  "INDEX".padStart(9),
  "TERM".padStart(5),
  "TYPE".padEnd(7),
  "OFFSET".padStart(10),
  "COUNT".padStart(6),
  "TIME".padEnd(24),
  "CHAIN   ",
  "PRODUCER",
].join(" ");

/** Prints every frame as it is read: a log may be larger than memory. */
export async function dumpFrames(args: {
  readonly paths: readonly string[];
  readonly records: boolean;
  /** First and last entry to show, both included; what is damaged is shown in any case. */
  readonly fromIndex: number;
  readonly toIndex: number;
  readonly format: OutputFormat;
}): Promise<void> {
  const output = new GatheredOutput();
  const printer = new DumpPrinter(args.format, args.records, output);
  let damaged: DumpedFrame | undefined;
  for (const path of args.paths)
    for await (const frame of framesOf(nodeFileSystem, path)) {
      if (frame.fault !== undefined) damaged ??= frame;
      const index = frame.fault === undefined ? frame.header?.index : undefined;
      if (index === undefined || (index >= args.fromIndex && index <= args.toIndex))
        printer.add(frame);
      await output.flushWhenFull();
    }
  printer.end();
  await output.flush();
  if (damaged === undefined) return;
  throw new Failure(
    EXIT.corruption,
    "CORRUPT",
    `${damaged.file} at byte ${damaged.position}: ${damaged.fault}`,
    "`npx --no balsa verify` tells whether it is damage or an unfinished write at the end",
  );
}

class DumpPrinter {
  readonly #format: OutputFormat;
  readonly #withRecords: boolean;
  readonly #output: GatheredOutput;
  #file = "";
  #count = 0;

  constructor(format: OutputFormat, withRecords: boolean, output: GatheredOutput) {
    this.#format = format;
    this.#withRecords = withRecords;
    this.#output = output;
  }

  add(frame: DumpedFrame): void {
    const output = this.#output;
    if (this.#format === "table") {
      if (frame.file !== this.#file) output.add(`${frame.file}\n${HEADLINE}\n`);
      this.#file = frame.file;
      output.add(`${row(frame)}\n`);
      if (this.#withRecords)
        for (const { offset, key, value } of recordsOf(frame))
          output.add(`${" ".repeat(11)}${offset}\t${JSON.stringify({ key, value })}\n`);
    } else if (this.#format === "simple") {
      output.add(`${row(frame).trim().replaceAll(/\s+/g, "\t")}\n`);
    } else {
      const json = JSON.stringify(asJson(frame, this.#withRecords));
      if (this.#format === "ndjson") output.add(`${json}\n`);
      else output.add(`${this.#count === 0 ? "[" : ","}\n ${json}`);
    }
    this.#count++;
  }

  end(): void {
    if (this.#format === "json") this.#output.add(this.#count === 0 ? "[]\n" : "\n]\n");
  }
}

function row({ position, length, header, fault }: DumpedFrame): string {
  const bad = fault === undefined ? "" : ` ✕ ${fault}`;
  const place = `${String(position).padStart(10)} ${String(length ?? "?").padStart(8)}`;
  if (header === undefined) return `${place}${bad}`;
  return [
    place,
    String(header.index).padStart(9),
    String(header.term).padStart(5),
    header.type.padEnd(7),
    String(header.baseOffset).padStart(10),
    String(header.recordCount).padStart(6),
    new Date(header.timestamp).toISOString(),
    header.chain.toString(16).padStart(8, "0"),
    producerOf(header) + bad,
  ].join(" ");
}

function producerOf({ producer }: FrameHeader): string {
  return producer === undefined ? "-" : `${producer.id}/${producer.epoch}/${producer.sequence}`;
}

function asJson(frame: DumpedFrame, withRecords: boolean): object {
  const { file, position, length, header, fault } = frame;
  const base = { file, position, length, ...header, fault };
  return withRecords ? { ...base, records: recordsOf(frame) } : base;
}

function recordsOf({ header, payload }: DumpedFrame) {
  if (header?.type !== "data" || payload === undefined) return [];
  return decodeRecordBatch(payload).map(({ key, value }, at) => ({
    offset: header.baseOffset + at,
    key: key === undefined ? null : bytesJson(key),
    value: value === undefined ? null : bytesJson(value),
  }));
}
