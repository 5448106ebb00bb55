import { isCheckpointPath } from "../../storage/dump/dump-checkpoints.ts";
import { holdsSnapshots, isCompactedPath, isManifestPath } from "../../storage/dump/dump-prefix.ts";
import type { FileSystem } from "../../storage/file-system.ts";
import { nodeFileSystem } from "../../storage/node-file-system.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { GatheredOutput } from "../gathered-output.ts";
import { byteLines, fieldLine, hex } from "../hexdump/hex-text.ts";
import { snapshotStructuresIn } from "../hexdump/snapshot-structures.ts";
import { segmentStructuresIn, type Structure } from "../hexdump/structures.ts";
import type { OutputFormat } from "../output.ts";

export interface HexdumpArguments {
  readonly paths: readonly string[];
  /** First and last entry to show, both included. */
  readonly fromIndex: number;
  readonly toIndex: number;
  readonly format: OutputFormat;
}

/** Every byte of a node's files beside what it means. */
export async function hexdump(args: HexdumpArguments): Promise<void> {
  const output = new GatheredOutput();
  const print = printerFor(args.format, output);
  let damaged: Structure | undefined;
  for (const path of args.paths)
    for await (const structure of structuresIn(nodeFileSystem, path)) {
      if (structure.fault !== undefined) damaged ??= structure;
      if (isWanted(structure, args)) print.add(structure);
      await output.flushWhenFull();
    }
  print.end();
  await output.flush();
  if (damaged === undefined) return;
  const { file, position, fault } = damaged;
  throw new Failure(
    EXIT.corruption,
    "CORRUPT",
    `${file} at byte ${position}: ${fault}`,
    "`npx --no balsa verify` tells whether it is damage or an unfinished write at the end",
  );
}

/** What lies beside the log first; a file that is named is one or the other. */
async function* structuresIn(fileSystem: FileSystem, path: string): AsyncIterable<Structure> {
  const beside = isCheckpointPath(path) || isManifestPath(path) || isCompactedPath(path);
  if (beside || (await holdsSnapshots(fileSystem, path)))
    yield* snapshotStructuresIn(fileSystem, path);
  if (!beside) yield* segmentStructuresIn(fileSystem, path);
}

/** A range of entries leaves out what belongs to none of them, but never what is damaged. */
function isWanted({ index, fault }: Structure, { fromIndex, toIndex }: HexdumpArguments): boolean {
  if (fault !== undefined) return true;
  if (index === undefined) return fromIndex === 0 && toIndex === Number.POSITIVE_INFINITY;
  return index >= fromIndex && index <= toIndex;
}

interface Printer {
  add(structure: Structure): void;
  end(): void;
}

function printerFor(format: OutputFormat, output: GatheredOutput): Printer {
  if (format === "ndjson")
    return {
      add: (structure) => output.add(`${JSON.stringify(asJson(structure))}\n`),
      end: () => {},
    };
  if (format === "json") return jsonPrinter(output);
  let file = "";
  return {
    add: (structure) => {
      if (structure.file !== file) output.add(`${structure.file}\n`);
      file = structure.file;
      for (const line of linesOf(structure)) output.add(`${line}\n`);
    },
    end: () => {},
  };
}

function jsonPrinter(output: GatheredOutput): Printer {
  let count = 0;
  return {
    add: (structure) => {
      output.add(`${count++ === 0 ? "[" : ","}\n ${JSON.stringify(asJson(structure))}`);
    },
    end: () => output.add(count === 0 ? "[]\n" : "\n]\n"),
  };
}

function* linesOf({ kind, position, index, fields, payload, fault }: Structure): Generator<string> {
  const entry = index === undefined ? "" : `, entry ${index}`;
  const length = fields.reduce((bytes, field) => bytes + field.bytes.length, payload.length);
  const bad = fault === undefined ? "" : `  ✕ ${fault}`;
  yield `${kind} at ${position}, ${length} bytes${entry}${bad}`;
  for (const field of fields) yield fieldLine(field);
  const end = fields.at(-1);
  if (payload.length > 0 && end !== undefined)
    yield* byteLines(payload, end.position + end.bytes.length);
}

function asJson({ kind, file, position, index, fields, payload, fault }: Structure): object {
  return {
    kind,
    file,
    position,
    index,
    fault,
    fields: fields.map(({ bytes, ...field }) => ({ ...field, bytes: hex(bytes) })),
    payload: kind === "frame" || payload.length > 0 ? hex(payload) : undefined,
  };
}
