import { COMPACTED_FLAG, type FrameHeader } from "../../common/frame.ts";
import type { DumpedFrame } from "../../storage/dump/dump-frames.ts";
import { nodeFileSystem } from "../../storage/node-file-system.ts";
import { decodeRecordBatch } from "../../wire/record-batch.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { GatheredOutput } from "../gathered-output.ts";
import type { OutputFormat } from "../output.ts";
import { bytesJson } from "../record-json.ts";
import { type DumpedItem, indexOf, itemsIn, linesOf } from "./dumped-item.ts";

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
  "FLAGS",
].join(" ");

/** Prints all that lies in the paths as it is read: a log may be larger than memory. */
export async function dumpPaths(args: {
  readonly paths: readonly string[];
  readonly records: boolean;
  /** First and last entry to show, both included; what is damaged is shown in any case. */
  readonly fromIndex: number;
  readonly toIndex: number;
  readonly format: OutputFormat;
}): Promise<void> {
  const output = new GatheredOutput();
  const printer = new DumpPrinter(args.format, args.records, output);
  let damaged: DumpedItem | undefined;
  for (const path of args.paths)
    for await (const dumped of itemsIn(nodeFileSystem, path)) {
      if (dumped.item.fault !== undefined) damaged ??= dumped;
      if (isWanted(dumped, args)) printer.add(dumped);
      await output.flushWhenFull();
    }
  printer.end();
  await output.flush();
  if (damaged === undefined) return;
  const { file, fault } = damaged.item;
  const place = damaged.kind === "frame" ? `${file} at byte ${damaged.item.position}` : file;
  throw new Failure(
    EXIT.corruption,
    "CORRUPT",
    `${place}: ${fault}`,
    "`npx --no balsa verify` tells whether it is damage or an unfinished write at the end",
  );
}

interface Range {
  readonly fromIndex: number;
  readonly toIndex: number;
}

/** A range of entries leaves out what is of none of them, but never what is damaged. */
function isWanted(dumped: DumpedItem, { fromIndex, toIndex }: Range): boolean {
  const index = indexOf(dumped);
  if (index === undefined) return true;
  const all = fromIndex === 0 && toIndex === Number.POSITIVE_INFINITY;
  if (dumped.kind !== "frame") return all;
  return index >= fromIndex && index <= toIndex;
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

  add(dumped: DumpedItem): void {
    if (this.#format === "json" || this.#format === "ndjson") this.#addJson(dumped);
    else if (dumped.kind === "frame") this.#addFrame(dumped.item);
    else this.#output.add(`${linesOf(dumped).join("\n")}\n`);
    this.#count++;
  }

  #addJson(dumped: DumpedItem): void {
    const json = JSON.stringify(asJson(dumped, this.#withRecords));
    if (this.#format === "ndjson") this.#output.add(`${json}\n`);
    else this.#output.add(`${this.#count === 0 ? "[" : ","}\n ${json}`);
  }

  #addFrame(frame: DumpedFrame): void {
    const output = this.#output;
    if (this.#format === "table") {
      if (frame.file !== this.#file) output.add(`${frame.file}\n${HEADLINE}\n`);
      this.#file = frame.file;
      output.add(`${row(frame)}\n`);
      if (this.#withRecords)
        for (const { offset, key, value } of recordsOf(frame))
          output.add(`${" ".repeat(11)}${offset}\t${JSON.stringify({ key, value })}\n`);
    } else output.add(`${row(frame).trim().replaceAll(/\s+/g, "\t")}\n`);
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
    producerOf(header) + flagsOf(header) + bad,
  ].join(" ");
}

function producerOf({ producer }: FrameHeader): string {
  return producer === undefined ? "-" : `${producer.id}/${producer.epoch}/${producer.sequence}`;
}

/** Of a compacted file: its index is its entry's, its offsets and its chain are its own. */
function flagsOf({ flags }: FrameHeader): string {
  if (flags === 0) return "";
  return flags === COMPACTED_FLAG ? " compacted" : ` ${flags}`;
}

function asJson({ kind, item }: DumpedItem, withRecords: boolean): object {
  if (kind !== "frame") return { kind, ...item };
  const { file, position, length, header, fault } = item;
  const base = { kind, file, position, length, ...header, fault };
  return withRecords ? { ...base, records: recordsOf(item) } : base;
}

function recordsOf({ header, payload }: DumpedFrame) {
  if (header?.type !== "data" || payload === undefined) return [];
  return decodeRecordBatch(payload).map(({ key, value }, at) => ({
    offset: header.baseOffset + at,
    key: key === undefined ? null : bytesJson(key),
    value: value === undefined ? null : bytesJson(value),
  }));
}
