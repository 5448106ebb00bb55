import { z } from "zod";
import {
  MAX_APPEND_ENTRIES_BYTES,
  MAX_BATCH_BYTES,
  MAX_SEGMENT_BYTES,
  MIN_SEGMENT_BYTES,
} from "../../common/limits.ts";
import { COMPACTION_STRATEGIES } from "../../common/compaction-strategies.ts";
import { COMPRESSION_TYPES } from "../../common/compression-types.ts";
import { CLEANUP_POLICIES } from "../../statemachine/settings.ts";
import {
  MAX_SETTING_MS,
  MIN_SNAPSHOT_INTERVAL_MS,
  MIN_SNAPSHOT_RECORD_BYTES,
} from "../../statemachine/settings-codec.ts";
import { parseAddress } from "./address.ts";
import { formatDuration, formatSize, InvalidValue, parseDurationMs } from "./quantity.ts";
import { parseInteger, parseRatio, parseSizeBytes } from "./quantity.ts";

/** A string made into a value; what cannot be read becomes an issue of the schema. */
function parsed<T>(parse: (text: string) => T) {
  return z.string().transform((text, context): T => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      context.addIssue({ code: "custom", message: error.message });
      return z.NEVER;
    }
  });
}

const nodeId = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,31}$/, "is a name such as n1: a letter, then letters and digits");
const address = parsed(parseAddress);
const addresses = z.record(nodeId, address);

function bytes(min: number, max: number) {
  const range = `must be between ${formatSize(min)} and ${formatSize(max)}`;
  return parsed(parseSizeBytes).refine((value) => value >= min && value <= max, range);
}

function duration(minMs: number, maxMs: number, bareUnit?: "ms") {
  const range = `must be between ${formatDuration(minMs)} and ${formatDuration(maxMs)}`;
  return parsed((text) => parseDurationMs(text, bareUnit)).refine(
    (value) => value >= minMs && value <= maxMs,
    range,
  );
}

function count(min: number, max: number) {
  return parsed(parseInteger).refine(
    (value) => value >= min && value <= max,
    `must be between ${min} and ${max}`,
  );
}

function choice<Known extends string>(known: readonly Known[]) {
  return parsed((text): Known => {
    const found = known.find((one) => one === text);
    if (found === undefined) throw new InvalidValue(`"${text}" is none of ${known.join(" | ")}`);
    return found;
  });
}

function parseRange(text: string): { readonly minMs: number; readonly maxMs: number } {
  const [low = "", high, ...rest] = text.split("-");
  if (rest.length > 0) throw new InvalidValue(`"${text}" is not a range such as 500ms-1000ms`);
  const minMs = parseDurationMs(low);
  const maxMs = high === undefined ? 2 * minMs : parseDurationMs(high);
  if (minMs < 10 || maxMs <= minMs)
    throw new InvalidValue(`"${text}" must rise, from 10ms or more: 500ms-1000ms`);
  return { minMs, maxMs };
}

function parseSwitch(text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw new InvalidValue(`"${text}" is neither true nor false`);
}

/** The one schema of a node's settings, by full key. */
export const settingsSchema = z.strictObject({
  "node.id": nodeId,
  "node.data-dir": z.string({ error: "is missing: where may this node keep its log?" }).min(1),
  "cluster.voters": addresses.optional(),
  "cluster.clients": addresses.optional(),
  "listen.client": address.optional(),
  "listen.peer": address.optional(),
  "listen.http": address.optional(),
  "listen.insecure": parsed(parseSwitch),
  "raft.heartbeat-interval": duration(1, 60_000),
  "raft.election-timeout": parsed(parseRange),
  "raft.max.inflight.messages": count(1, 65_536),
  "raft.max.inflight.bytes": bytes(MAX_APPEND_ENTRIES_BYTES, 2 ** 30),
  "raft.max.append-entries.bytes": bytes(1024, MAX_BATCH_BYTES),
  "raft.max.uncommitted.bytes": bytes(MAX_BATCH_BYTES, 2 ** 32),
  "log.segment.bytes": bytes(MIN_SEGMENT_BYTES, MAX_SEGMENT_BYTES),
  "log.segment.ms": duration(1, MAX_SETTING_MS, "ms"),
  "log.retention.ms": duration(1, MAX_SETTING_MS, "ms").optional(),
  "log.retention.bytes": bytes(MIN_SEGMENT_BYTES, 2 ** 50).optional(),
  "log.cleanup.policy": choice(CLEANUP_POLICIES),
  "log.compaction.strategy": choice(COMPACTION_STRATEGIES),
  "log.min.cleanable.dirty.ratio": parsed(parseRatio),
  "log.min.compaction.lag.ms": duration(0, MAX_SETTING_MS, "ms"),
  "log.delete.retention.ms": duration(0, MAX_SETTING_MS, "ms"),
  "log.cleaner.threads": count(1, 64),
  "log.cleaner.io.max.bytes.per.second": bytes(4096, 2 ** 40),
  "log.compression.type": choice(COMPRESSION_TYPES),
  "log.scrub.bytes.per.second": bytes(4096, 2 ** 30),
  "snapshot.max.record.bytes.between": bytes(MIN_SNAPSHOT_RECORD_BYTES, 2 ** 50),
  "snapshot.max.interval": duration(MIN_SNAPSHOT_INTERVAL_MS, MAX_SETTING_MS),
});

export type Settings = z.infer<typeof settingsSchema>;
