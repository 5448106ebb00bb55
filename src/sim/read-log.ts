import { Offset } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import { payloadOf } from "../common/frame.ts";
import type { NodeApi } from "../runtime/node-api.ts";
import { iterateFrames } from "../wire/frame-records.ts";
import { type BatchRecord, decodeRecordBatch } from "../wire/record-batch.ts";
import type { ReadEntry, ReadLog } from "./history.ts";

/** What goes meanwhile is looked at anew; not for ever. */
const MAX_ATTEMPTS = 5;

/** Where a log begins, and up to where it is compacted. */
interface Extent {
  readonly logStartOffset: number;
  readonly compactedTo: number;
}

/** Everything committed, read through the node's own service interface. */
export async function readLog(node: NodeApi): Promise<ReadLog> {
  for (let attempt = 1; ; attempt++) {
    const log = await readOnce(node);
    if (log !== undefined) return log;
    if (attempt === MAX_ATTEMPTS)
      throw new Error(`the log of ${node.nodeId} never stays as it is for long enough`);
  }
}

/** Absent when its beginning changed on the way. */
async function readOnce(node: NodeApi): Promise<ReadLog | undefined> {
  const entries: ReadEntry[] = [];
  const { logStartOffset } = node.status();
  let extent: Extent | undefined;
  for (let from: number = logStartOffset; ; ) {
    const answer = await readFrom(node, from);
    if (answer === undefined) return undefined;
    const { run, highWatermark, nextOffset, compactedTo = 0 } = answer;
    extent ??= { logStartOffset: answer.logStartOffset, compactedTo };
    if (answer.logStartOffset !== logStartOffset || extent.compactedTo !== compactedTo)
      return undefined;
    let end = from;
    for (const entry of entriesOf(run.chunks)) {
      entries.push(entries.length === 0 ? entry : fromOffset(entry, from));
      end = entry.baseOffset + entry.values.length;
    }
    from = Math.max(end, nextOffset ?? 0);
    if (from >= highWatermark) return logOf(node, entries, extent);
  }
}

/**
 * Frames are whole, and readers pass over what lies before the offset that they asked for. Beside
 * the log's start it is met where a compacted file ends within an entry that the log has not let go
 * of yet (seed 3229 of the mix `stuck-disk`, in a world where m30 is planted).
 */
function fromOffset(entry: ReadEntry, from: number): ReadEntry {
  const { baseOffset, values } = entry;
  if (baseOffset >= from) return entry;
  return { ...entry, baseOffset: from, values: values.slice(from - baseOffset) };
}

async function readFrom(node: NodeApi, from: number) {
  try {
    return await node.read(Offset(from), 1 << 20, "local");
  } catch (thrown) {
    if (thrown instanceof LogError && thrown.code === "OFFSET_TRIMMED") return undefined;
    throw thrown;
  }
}

function logOf({ nodeId }: NodeApi, entries: readonly ReadEntry[], extent: Extent): ReadLog {
  const { logStartOffset, compactedTo } = extent;
  return {
    ...{ nodeId, entries },
    ...(logStartOffset > 0 ? { snapshotEnd: logStartOffset } : {}),
    ...(compactedTo > logStartOffset ? { compactedTo } : {}),
  };
}

/** Records of raw frames, each with its offset. */
export function recordsOf(
  chunks: readonly Uint8Array[],
): readonly { readonly offset: number; readonly value: string }[] {
  return [...entriesOf(chunks)].flatMap(({ baseOffset, values }) =>
    values.map((value, i) => ({ offset: baseOffset + i, value })),
  );
}

/** Which record it is: `c1-17-0`, `@` its key, and `!` where it has no value. */
export function nameOfRecord({ key, value, headers }: BatchRecord): string {
  const text = Buffer.from(value ?? headers[0]?.value ?? new Uint8Array(0)).toString();
  const name = text.slice(0, text.indexOf("|"));
  if (key === undefined) return name;
  return `${name}@${Buffer.from(key).toString()}${value === undefined ? "!" : ""}`;
}

/** The key in such a name; absent: it has none. */
export function keyOf(name: string): string | undefined {
  const at = name.indexOf("@");
  return at < 0 ? undefined : name.slice(at + 1).replace("!", "");
}

function* entriesOf(chunks: readonly Uint8Array[]): Iterable<ReadEntry> {
  for (const chunk of chunks)
    for (const frame of iterateFrames(chunk)) {
      const { index, term, chain, baseOffset, type } = frame.header;
      const values = type === "data" ? decodeRecordBatch(payloadOf(frame)).map(nameOfRecord) : [];
      yield { index, term, chain, baseOffset, values };
    }
}
