import { assert } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import type { Meeting, PeerHandler, PeerMessage, PeerTransport } from "../transport/types.ts";
import type { Endpoint, SimNetwork } from "./network.ts";

/** The peer transport of a simulated node: one boot's end of the simulated network. */
export class SimTransport implements PeerTransport {
  readonly #network: SimNetwork;
  readonly #nodeId: NodeId;
  #endpoint: Endpoint | undefined;

  constructor(network: SimNetwork, nodeId: NodeId) {
    this.#network = network;
    this.#nodeId = nodeId;
  }

  start(handler: PeerHandler): Promise<void> {
    this.#endpoint = { nodeId: this.#nodeId, handler, alive: true };
    this.#network.attach(this.#endpoint);
    return Promise.resolve();
  }

  send(to: NodeId, message: PeerMessage): void {
    if (this.#endpoint?.alive === true) this.#network.send(this.#endpoint, to, copy(message));
  }

  closeStreams(): void {
    this.#network.closeStreams((leader) => leader === this.#nodeId);
  }

  meet(peer: NodeId, ours: Meeting, timeoutMs: number): Promise<Meeting> {
    assert(this.#endpoint !== undefined, "a transport meets nobody before it starts");
    return this.#network.meet(this.#endpoint, peer, ours, timeoutMs);
  }

  close(): Promise<void> {
    if (this.#endpoint?.alive === true) this.#network.detach(this.#nodeId);
    return Promise.resolve();
  }
}

/** Two nodes never share memory: frames arrive as bytes of their own. */
function copy(message: PeerMessage): PeerMessage {
  return { ...message, frames: message.frames.map((chunk) => chunk.slice()) };
}
