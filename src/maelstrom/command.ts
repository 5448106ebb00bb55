import { LogError } from "../common/errors.ts";
import { countRecords, encodeRecordBatch } from "../wire/record-batch.ts";
import { isObject, isWhole } from "./message.ts";
import { refused } from "./workbench-error.ts";

/** What a client's request does to the state machines: the value of one record, as JSON. */
export type Command =
  | { readonly op: "write"; readonly key: unknown; readonly value: unknown }
  | { readonly op: "cas"; readonly key: unknown; readonly from: unknown; readonly to: unknown }
  | { readonly op: "send"; readonly key: string; readonly msg: unknown }
  | { readonly op: "commit_offsets"; readonly offsets: Readonly<Record<string, number>> }
  | { readonly op: "log_append"; readonly value: unknown };

/** A command and the name under which its node waits for it. */
export interface NamedCommand {
  /** Unique in the life of the log: node, process, number. */
  readonly id: string;
  readonly command: Command;
}

const decoder = new TextDecoder();

/** The payload of a data entry with the one record. @throws WorkbenchError when it is too large */
export function encodeCommand({ id, command }: NamedCommand): Uint8Array {
  const value = Buffer.from(JSON.stringify({ id, ...command }));
  const payload = encodeRecordBatch([{ key: undefined, value, headers: [] }]);
  try {
    countRecords(payload);
    return payload;
  } catch (thrown) {
    throw refused(LogError.from(thrown));
  }
}

/** Absent when the record is none of this adapter's: such records are passed over. */
export function decodeCommand(value: Uint8Array | undefined): NamedCommand | undefined {
  if (value === undefined) return undefined;
  let fields: unknown;
  try {
    fields = JSON.parse(decoder.decode(value));
  } catch {
    return undefined;
  }
  if (!isObject(fields) || typeof fields["id"] !== "string") return undefined;
  const command = commandOf(fields);
  return command === undefined ? undefined : { id: fields["id"], command };
}

function commandOf(fields: Record<string, unknown>): Command | undefined {
  const { op, key, value, from, to, msg, offsets } = fields;
  switch (op) {
    case "write":
      return { op, key, value };
    case "cas":
      return { op, key, from, to };
    case "send":
      return typeof key === "string" ? { op, key, msg } : undefined;
    case "commit_offsets":
      return isOffsets(offsets) ? { op, offsets } : undefined;
    case "log_append":
      return { op, value };
    default:
      return undefined;
  }
}

function isOffsets(value: unknown): value is Readonly<Record<string, number>> {
  return isObject(value) && Object.values(value).every(isWhole);
}
