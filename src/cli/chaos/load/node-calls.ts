import { Connections } from "../../../client/connections.ts";
import { callUnary } from "../../../client/rpc.ts";
import type { OffsetsResponse, WireConsistency } from "../../../wire/log-messages.ts";
import { iterateFrames } from "../../../wire/frame-records.ts";
import { logService } from "../../../wire/protos.ts";
import { decodeRecordBatch } from "../../../wire/record-batch.ts";
import { payloadOf } from "../../../common/frame.ts";
import type { ReadEntry } from "../../../sim/history.ts";
import type { RunHistory } from "./run-history.ts";

export type Consistency = "linearizable" | "local";

/** What one node answered, entry by entry. */
export interface EntriesRead {
  readonly entries: readonly ReadEntry[];
  readonly highWatermark: number;
  readonly logStartOffset: number;
}

/** Asks one node and nobody else: who answered is part of the history. */
export class NodeCalls {
  readonly #connections = new Connections();
  readonly #history: RunHistory;

  constructor(history: RunHistory) {
    this.#history = history;
  }

  /** @throws LogError */
  async read(
    address: string,
    call: {
      readonly from: number;
      readonly maxBytes: number;
      readonly consistency: Consistency;
      readonly minHighWatermark?: number | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<EntriesRead> {
    const { from, maxBytes, minHighWatermark, signal } = call;
    const client = this.#connections.get(address);
    const consistency = wireConsistency(call.consistency);
    const asked = { fromOffset: from, maxBytes, consistency, minHighWatermark };
    const request = { ...asked, rawFrames: true };
    const answer = await callUnary(client, logService().Read, request, signal);
    const { frames, highWatermark, logStartOffset } = answer;
    return { entries: [...this.#entriesOf(frames)], highWatermark, logStartOffset };
  }

  /** @throws LogError */
  offsets(address: string, signal: AbortSignal): Promise<OffsetsResponse> {
    const request = { consistency: wireConsistency("local") };
    return callUnary(this.#connections.get(address), logService().Offsets, request, signal);
  }

  close(): void {
    this.#connections.close();
  }

  *#entriesOf(frames: Uint8Array): Iterable<ReadEntry> {
    for (const frame of iterateFrames(frames)) {
      const { index, term, chain, baseOffset, type } = frame.header;
      const batch = type === "data" ? decodeRecordBatch(payloadOf(frame)) : [];
      const values = batch.map(({ value }, i) => this.#history.nameOf(baseOffset + i, value));
      yield { index, term, chain, baseOffset, values };
    }
  }
}

function wireConsistency(consistency: Consistency): WireConsistency {
  return consistency === "local" ? "CONSISTENCY_LOCAL" : "CONSISTENCY_LINEARIZABLE";
}
