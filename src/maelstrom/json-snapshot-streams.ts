import type { NodeId } from "../common/brand.ts";
import { LogError } from "../common/errors.ts";
import type { Scheduler } from "../common/scheduler.ts";
import { SnapshotReceiving } from "../transport/snapshot-receiving.ts";
import { SnapshotSending } from "../transport/snapshot-sending.ts";
import { type SnapshotSource, TRANSFER_WINDOW } from "../transport/snapshot-transfer.ts";
import type { PeerHandler } from "../transport/types.ts";
import { InOrder } from "./in-order.ts";
import { type Body, isObject, isWhole } from "./message.ts";
import {
  requestFromJson,
  requestToJson,
  responseFromJson,
  responseToJson,
} from "./snapshot-json.ts";

export const SNAPSHOT = "balsa_snapshot";

export interface SnapshotStreamPorts {
  readonly scheduler: Scheduler;
  /** Says it in this node's name, with its identity. */
  readonly say: (to: NodeId, type: string, fields: Body) => void;
}

/** One transfer as one of its ends sees it. */
interface Stream {
  readonly peer: NodeId;
  readonly arrivals: InOrder<Body>;
  /** Ends this side, when the node closes or something newer takes its place. */
  readonly stop: (error: LogError) => void;
}

/**
 * Snapshots over the workbench's network. A transfer is a stream in each direction, with messages
 * that are numbered, since they may overtake each other: `{stream, side, number, say | end}`.
 */
export class JsonSnapshotStreams {
  readonly #ports: SnapshotStreamPorts;
  readonly #session: string;
  readonly #sending = new Map<string, Stream>();
  /** By peer: who sends anew has given up what it sent before. */
  readonly #receiving = new Map<NodeId, Stream & { readonly id: string }>();
  #count = 0;

  /** `session` is drawn anew by every process. */
  constructor(session: string, ports: SnapshotStreamPorts) {
    this.#session = session;
    this.#ports = ports;
  }

  /** @throws LogError (rejects) when the peer does not take it */
  install(peer: NodeId, source: SnapshotSource, signal: AbortSignal): Promise<void> {
    const id = `${this.#session}.${this.#count++}`;
    const tell = this.#teller(peer, id, "sender");
    const sending = new SnapshotSending(source, signal, {
      scheduler: this.#ports.scheduler,
      window: TRANSFER_WINDOW,
      write: (request) => tell({ say: requestToJson(request) }),
      end: () => {
        this.#sending.delete(id);
        tell({ end: true });
      },
    });
    if (signal.aborted) return sending.finished;
    const arrivals = new InOrder<Body>(({ say, refusal }) => {
      if (!isObject(say)) return sending.broke(new LogError("UNAVAILABLE", String(refusal)));
      guarded(
        () => sending.received(responseFromJson(say)),
        (error) => sending.broke(error),
      );
    });
    this.#sending.set(id, { peer, arrivals, stop: (error) => sending.broke(error) });
    tell({ begin: true });
    return sending.finished;
  }

  /** Takes a message of an admitted peer. */
  received(from: NodeId, handler: PeerHandler, body: Body): void {
    const { stream: id, side, number } = body;
    if (typeof id !== "string" || !isWhole(number)) return;
    if (side === "receiver") {
      const stream = this.#sending.get(id);
      if (stream?.peer === from) stream.arrivals.arrived(number, body);
      return;
    }
    if (body["begin"] === true) this.#begin(from, id, handler);
    const stream = this.#receiving.get(from);
    if (stream?.id === id) stream.arrivals.arrived(number, body);
  }

  close(): void {
    const error = new LogError("CLOSED", "the node is shutting down");
    for (const { stop } of [...this.#sending.values(), ...this.#receiving.values()]) stop(error);
  }

  #begin(from: NodeId, id: string, handler: PeerHandler): void {
    const earlier = this.#receiving.get(from);
    if (earlier?.id === id) return;
    earlier?.stop(new LogError("ABORTED", "a newer transfer takes its place"));
    const tell = this.#teller(from, id, "receiver");
    const receiving = new SnapshotReceiving(from, {
      handler,
      window: TRANSFER_WINDOW,
      write: (response) => tell({ say: responseToJson(response) }),
      end: (refusal) => {
        if (this.#receiving.get(from)?.id === id) this.#receiving.delete(from);
        if (refusal !== undefined) tell({ refusal: LogError.from(refusal).message });
      },
    });
    const arrivals = new InOrder<Body>(({ say, end }) => {
      if (end === true) return receiving.closed();
      if (!isObject(say)) return;
      guarded(
        () => receiving.received(requestFromJson(from, say)),
        (error) => receiving.received(error),
      );
    });
    this.#receiving.set(from, { peer: from, id, arrivals, stop: (e) => receiving.refuse(e) });
  }

  #teller(to: NodeId, stream: string, side: "sender" | "receiver"): (fields: Body) => void {
    let number = 0;
    return (fields) => this.#ports.say(to, SNAPSHOT, { stream, side, number: number++, ...fields });
  }
}

/** A message that cannot be read ends its transfer, not the node. */
function guarded(work: () => void, refuse: (error: LogError) => void): void {
  try {
    work();
  } catch (thrown) {
    if (!(thrown instanceof LogError)) throw thrown;
    refuse(thrown);
  }
}
