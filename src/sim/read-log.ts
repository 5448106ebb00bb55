import { Offset } from "../common/brand.ts";
import { payloadOf } from "../common/frame.ts";
import type { NodeApi } from "../runtime/node-api.ts";
import { iterateFrames } from "../wire/frame-records.ts";
import { decodeRecordBatch } from "../wire/record-batch.ts";
import type { ReadEntry, ReadLog } from "./history.ts";

/** Everything committed, read through the node's own service interface. */
export async function readLog(node: NodeApi): Promise<ReadLog> {
  const entries: ReadEntry[] = [];
  for (let from = 0; ; ) {
    const { run, highWatermark } = await node.read(Offset(from), 1 << 20, "local");
    for (const entry of entriesOf(run.chunks)) {
      entries.push(entry);
      from = entry.baseOffset + entry.values.length;
    }
    if (from >= highWatermark) return { nodeId: node.nodeId, entries };
  }
}

/** Records of raw frames, each with its offset. */
export function recordsOf(
  chunks: readonly Uint8Array[],
): readonly { readonly offset: number; readonly value: string }[] {
  return [...entriesOf(chunks)].flatMap(({ baseOffset, values }) =>
    values.map((value, i) => ({ offset: baseOffset + i, value })),
  );
}

function* entriesOf(chunks: readonly Uint8Array[]): Iterable<ReadEntry> {
  for (const chunk of chunks)
    for (const frame of iterateFrames(chunk)) {
      const { index, term, chain, baseOffset, type } = frame.header;
      const values = type === "data" ? valuesOf(payloadOf(frame)) : [];
      yield { index, term, chain, baseOffset, values };
    }
}

function valuesOf(batch: Uint8Array): readonly string[] {
  return decodeRecordBatch(batch).map(({ value }) => {
    const text = Buffer.from(value ?? new Uint8Array(0)).toString();
    return text.slice(0, text.indexOf("|"));
  });
}
