import type { Client, LogRecord } from "../../client/index.ts";
import { LogError } from "../../common/errors.ts";
import type { LocateResponse } from "../../wire/log-messages.ts";
import { resolveEndpoints } from "../endpoints.ts";
import { callLocate } from "../log-calls.ts";
import { withClient } from "../open-client.ts";
import { type OutputFormat, printObject, write } from "../output.ts";
import { recordJson } from "../record-json.ts";
import { askStatus } from "../status-call.ts";
import { leaderOf } from "./status.ts";

interface GetArguments {
  readonly offset: number;
  readonly endpoints: string | undefined;
  readonly timeoutMs: number;
  readonly format: OutputFormat;
}

/** Prints one record, and where the node that answers keeps it. */
export async function getRecord(args: GetArguments): Promise<void> {
  const { offset, timeoutMs, format } = args;
  const record = await withClient(args, (client) => readOne(client, offset));
  if (format === "simple") return write(Buffer.from(record.value ?? ""));
  const endpoints = resolveEndpoints(args.endpoints);
  const nodes = await askStatus(endpoints, timeoutMs);
  const address = leaderOf(nodes)?.clientAddress ?? endpoints[0] ?? "";
  const location = await callLocate(address, offset, timeoutMs);
  const { nodeId, file, position, length, baseOffset, recordCount } = location;
  const place = { nodeId, file, position, length, baseOffset, recordCount };
  await printObject(format, { ...recordJson(record), location: place }, asText(record, location));
}

/** @throws LogError OFFSET_BEYOND_END, rather than wait for a record that is not there yet */
async function readOne(client: Client, offset: number): Promise<LogRecord> {
  const { highWatermark } = await client.offsets();
  if (offset < highWatermark)
    for await (const record of client.tail({ from: { offset }, to: offset + 1 })) return record;
  throw new LogError("OFFSET_BEYOND_END", `there is no record at offset ${offset} yet`, {
    hint: highWatermark === 0 ? "the log is empty" : `the last one is ${highWatermark - 1}`,
  });
}

function asText(record: LogRecord, location: LocateResponse): string {
  const { offset, term, index, timestamp, producer } = record;
  const { nodeId, file, position, length, baseOffset, recordCount } = location;
  const plain = recordJson(record) as { key: unknown; value: unknown; headers?: object };
  const rows: readonly (readonly [string, string])[] = [
    ["offset", String(offset)],
    ["term", String(term)],
    ["index", String(index)],
    ["time", new Date(timestamp).toISOString()],
    ...(record.key === null ? [] : [["key", shown(plain.key)] as const]),
    ["value", record.value === null ? "(none: a tombstone)" : shown(plain.value)],
    ...Object.entries(plain.headers ?? {}).map(
      ([name, value]) => [`header ${name}`, value] as const,
    ),
    ...(producer === undefined
      ? []
      : [
          [
            "producer",
            `${producer.id}, epoch ${producer.epoch}, sequence ${producer.sequence}`,
          ] as const,
        ]),
    ["file", `${file} on ${nodeId}`],
    ["bytes", `${position} to ${position + length - 1} (frame of ${length} bytes)`],
    ["batch", `record ${offset - baseOffset + 1} of ${recordCount}, from offset ${baseOffset}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  return `base64:${(value as { readonly base64: string }).base64}`;
}
