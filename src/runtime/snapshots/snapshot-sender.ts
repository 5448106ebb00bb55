import type { LogIndex, NodeId, Term } from "../../common/brand.ts";
import { LogError } from "../../common/errors.ts";
import type { EntryId } from "../../raft/index.ts";
import type { PeerTransport } from "../../transport/types.ts";
import type { CoreLoop } from "../core-loop.ts";
import type { SnapshotStatus } from "../lifecycle-api.ts";
import type { Tracer } from "../tracer.ts";
import { ContentSource } from "./content-source.ts";
import type { SnapshotContent } from "./snapshot-content.ts";
import type { TransferPins } from "./transfer-pins.ts";

export interface SenderPorts {
  readonly nodeId: NodeId;
  readonly loop: Pick<CoreLoop, "post">;
  readonly transport: Pick<PeerTransport, "installSnapshot">;
  readonly tracer: Pick<Tracer, "tell">;
  readonly pins: TransferPins;
  /** `prev` of the log as it is now. */
  readonly prevIndex: () => LogIndex;
  /** The snapshot that fits it: see `openContent`. */
  readonly content: () => Promise<SnapshotContent>;
  readonly fail: (thrown: unknown) => void;
}

interface Sending {
  readonly term: Term;
  readonly leaderId: NodeId;
  readonly abort: AbortController;
  source: ContentSource | undefined;
}

/**
 * Carries out the core's `sendSnapshot`: one transfer to a follower at a time, each answered once
 * by `snapshotSent`. When to try again is the core's to decide. To this node's leader it gives one
 * when it must have it.
 */
export class SnapshotSender {
  readonly #ports: SenderPorts;
  readonly #sendings = new Map<NodeId, Sending>();

  constructor(ports: SenderPorts) {
    this.#ports = ports;
  }

  send({ to, term }: { readonly to: NodeId; readonly term: Term }): void {
    // The core has one for each follower and term: what is still there is of an older term.
    this.#sendings.get(to)?.abort.abort();
    this.#begin(to, term, this.#ports.nodeId).then(
      (last) => this.#ports.loop.post({ type: "snapshotSent", to, term, last }),
      this.#ports.fail,
    );
  }

  /** To this node's leader, which lacks what is gone here; it asks again if it comes to nothing. */
  give({ to, term }: { readonly to: NodeId; readonly term: Term }): void {
    if (this.#sendings.has(to)) return;
    this.#begin(to, term, to).catch(this.#ports.fail);
  }

  /** This node leads no more, or stops: nobody is sent anything. */
  abort(): void {
    for (const { abort } of this.#sendings.values()) abort.abort();
  }

  transfers(): SnapshotStatus["transfers"] {
    return [...this.#sendings].map(([peer, { source }]) => ({
      ...{ peer, direction: "sending" as const },
      ...{ bytes: source?.sentBytes ?? 0, totalBytes: source?.offer.totalBytes ?? 0 },
    }));
  }

  /** @returns the last entry of what was sent; absent when it was not. */
  async #begin(to: NodeId, term: Term, leaderId: NodeId): Promise<EntryId | undefined> {
    const abort = new AbortController();
    const sending: Sending = { term, leaderId, abort, source: undefined };
    this.#sendings.set(to, sending);
    const last = await this.#send(to, sending);
    if (this.#sendings.get(to) === sending) this.#sendings.delete(to);
    return last;
  }

  async #send(to: NodeId, sending: Sending): Promise<EntryId | undefined> {
    const { pins, prevIndex, content, tracer } = this.#ports;
    const unpin = pins.pin(prevIndex());
    try {
      const opened = await content();
      try {
        return await this.#transfer(to, sending, opened);
      } finally {
        await opened.release();
      }
    } catch (thrown) {
      if (!(thrown instanceof LogError)) throw thrown;
      tracer.tell("snapshot.refused", { to, reason: thrown.message });
      return undefined;
    } finally {
      unpin();
    }
  }

  async #transfer(to: NodeId, sending: Sending, content: SnapshotContent): Promise<EntryId> {
    const { transport, tracer } = this.#ports;
    const { term, leaderId, abort } = sending;
    const source = new ContentSource(leaderId, term, content);
    sending.source = source;
    const { last, totalBytes } = source.offer;
    const facts = { to, lastIndex: last.index, ofTerm: last.term, totalBytes };
    tracer.tell("snapshot.sending", facts);
    await transport.installSnapshot(to, source, abort.signal);
    tracer.tell("snapshot.sent", facts);
    return last;
  }
}
