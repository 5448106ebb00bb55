import { isUtf8 } from "node:buffer";
import type { LogRecord } from "../client/index.ts";

/** A record for JSON: text where bytes are UTF-8, else `{"base64": …}`; names never change. */
export function recordJson(record: LogRecord): object {
  const { offset, term, index, timestamp, key, value, headers, producer } = record;
  return {
    offset,
    term,
    index,
    timestamp,
    key: key === null || typeof key === "string" ? key : bytesJson(key),
    value: value === null ? null : bytesJson(value),
    ...(headers.size === 0 ? {} : { headers: Object.fromEntries(headers) }),
    ...(producer === undefined ? {} : { producer }),
  };
}

/** Bytes for JSON. */
export function bytesJson(bytes: Uint8Array): string | { readonly base64: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return isUtf8(bytes) ? buffer.toString() : { base64: buffer.toString("base64") };
}
