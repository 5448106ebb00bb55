import { crc32 } from "node:zlib";
import type { NodeId } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import { MAX_SNAPSHOT_BYTES } from "../common/limits.ts";
import { Sequencer } from "../common/sequencer.ts";
import type {
  SnapshotOffer,
  SnapshotRequest,
  SnapshotResponse,
  SnapshotSink,
  TransferWindow,
} from "./snapshot-transfer.ts";
import type { PeerHandler } from "./types.ts";

const SHA256_HEX = /^[0-9a-f]{64}$/;

export interface ReceivingPorts {
  readonly handler: Pick<PeerHandler, "identity" | "snapshotStaged" | "snapshotOffered">;
  readonly window: TransferWindow;
  write(response: SnapshotResponse): void;
  /** This side is through with the stream; called once. `refusal`: why, if it ends badly. */
  end(refusal: unknown): void;
}

/**
 * The receiver's half of a transfer, over any stream: says what is staged, checks what comes
 * against the bounds and hands it on, one piece after the other.
 */
export class SnapshotReceiving {
  readonly #from: NodeId;
  readonly #ports: ReceivingPorts;
  readonly #jobs = new Sequencer();
  #open = true;
  #queuedBytes = 0;
  #totalBytes = 0;
  #position = 0;
  #sink: SnapshotSink | undefined;

  constructor(from: NodeId, ports: ReceivingPorts) {
    this.#from = from;
    this.#ports = ports;
    const { handler } = ports;
    this.#job(async () => {
      const staged = await handler.snapshotStaged(from);
      if (this.#open) ports.write({ kind: "staged", staged });
    });
  }

  /** What the sender says, in its order; absent: it was malformed. */
  received(request: SnapshotRequest | LogError): void {
    if (!this.#open) return;
    if (request instanceof LogError) return this.#end(request);
    const bytes = request.kind === "chunk" ? request.bytes.length : 0;
    this.#queuedBytes += bytes;
    if (this.#queuedBytes > this.#ports.window.windowBytes)
      return this.#end(new LogError("BACKPRESSURE", "more is on the way than the window allows"));
    this.#job(async () => {
      if (request.kind === "offer") await this.#offered(request.offer);
      else await this.#chunk(request);
      this.#queuedBytes -= bytes;
    });
  }

  /** The stream is over, whoever ended it. */
  closed(): void {
    this.#leave();
  }

  /** Ends it from this side: something newer takes its place, or the node closes. */
  refuse(error: LogError): void {
    this.#end(error);
  }

  async #offered(offer: SnapshotOffer): Promise<void> {
    if (this.#sink !== undefined) throw invalid("a stream carries one offer");
    const fault = this.#faultOf(offer);
    if (fault !== undefined) throw invalid(fault);
    this.#sink = await this.#ports.handler.snapshotOffered(this.#from, offer);
    this.#totalBytes = offer.totalBytes;
    this.#position = this.#sink.position;
    if (this.#open) await this.#finishIfWhole(this.#sink);
  }

  async #chunk(chunk: SnapshotRequest & { kind: "chunk" }): Promise<void> {
    const { position, bytes } = chunk;
    const sink = this.#sink;
    if (sink === undefined) throw invalid("a chunk comes before the offer");
    if (bytes.length === 0 || bytes.length > this.#ports.window.chunkBytes)
      throw invalid(`a chunk of ${bytes.length} bytes`);
    if (position !== this.#position || position + bytes.length > this.#totalBytes)
      throw invalid(`a chunk at ${position}, but the next one is at ${this.#position}`);
    if (crc32(bytes) !== chunk.crc32)
      throw new LogError("CORRUPT", `the chunk at ${position} was damaged on its way`);
    await sink.write(position, bytes);
    this.#position += bytes.length;
    if (!this.#open) return;
    this.#ports.write({ kind: "acknowledged", position: this.#position });
    await this.#finishIfWhole(sink);
  }

  async #finishIfWhole(sink: SnapshotSink): Promise<void> {
    if (this.#position < this.#totalBytes) return;
    await sink.finish();
    this.#sink = undefined;
    if (!this.#open) return;
    this.#ports.write({ kind: "done" });
    this.#end(undefined);
  }

  #faultOf({ leaderId, term, last, totalBytes, hash }: SnapshotOffer): string | undefined {
    const { nodeId } = this.#ports.handler.identity();
    if (leaderId !== this.#from && leaderId !== nodeId)
      return "leader_id is neither the node that speaks nor this one";
    if (term < 1 || last.index < 1 || last.term < 1 || last.term > term)
      return "an offer of an entry that cannot be";
    if (totalBytes < 1 || totalBytes > MAX_SNAPSHOT_BYTES) return `a snapshot of ${totalBytes} B`;
    return SHA256_HEX.test(hash) ? undefined : "the hash is no SHA-256 in hex";
  }

  #job(work: () => Promise<void>): void {
    this.#jobs
      .run(async () => {
        if (this.#open) await work();
      })
      .catch((thrown: unknown) => this.#end(thrown));
  }

  #end(refusal: unknown): void {
    if (!this.#open) return;
    this.#leave();
    this.#ports.end(refusal);
  }

  #leave(): void {
    if (!this.#open) return;
    this.#open = false;
    // Behind what is under way: a sink is called once at a time.
    void this.#jobs.run(() => Promise.resolve(this.#sink?.abandon()));
  }
}

function invalid(what: string): LogError {
  return new LogError("INVALID_ARGUMENT", what);
}
