import { Client, credentials } from "@grpc/grpc-js";
import type { NodeId } from "../common/brand.ts";
import type { Clock } from "../common/clock.ts";
import { MAX_MESSAGE_BYTES } from "../common/limits.ts";
import type { WireNodeStatus } from "../wire/log-messages.ts";
import { logService } from "../wire/protos.ts";
import { fromStatus } from "../wire/status.ts";
import { MEMBER_STATUS_TIMEOUT_MS } from "./limits.ts";

const OPTIONS = {
  "grpc.enable_channelz": 0,
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.initial_reconnect_backoff_ms": 20,
  "grpc.max_reconnect_backoff_ms": 500,
  // The default pool is shared by address and would keep other options' connections.
  "grpc.use_local_subchannel_pool": 1,
};

/** Asks members for their own status, each within a short deadline; knows no other errors. */
export class MemberStatus {
  readonly #addresses: ReadonlyMap<NodeId, string>;
  readonly #clock: Clock;
  readonly #clients = new Map<NodeId, Client>();

  constructor(addresses: ReadonlyMap<NodeId, string>, clock: Clock) {
    this.#addresses = addresses;
    this.#clock = clock;
  }

  /** The status of all members but `self`; one that does not answer is `down`, with the reason. */
  others(self: NodeId): Promise<WireNodeStatus[]> {
    const others = [...this.#addresses].filter(([nodeId]) => nodeId !== self);
    return Promise.all(others.map(([nodeId, address]) => this.#ask(nodeId, address)));
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #ask(nodeId: NodeId, address: string): Promise<WireNodeStatus> {
    const { path, requestSerialize, responseDeserialize } = logService().Status;
    const deadline = this.#clock.wallMs() + MEMBER_STATUS_TIMEOUT_MS;
    return new Promise((resolve) => {
      this.#client(nodeId, address).makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { cluster: false },
        { deadline },
        (failed, answer) => {
          const status = answer?.nodes[0];
          if (failed === null && status !== undefined) resolve(status);
          else resolve(downStatus(nodeId, address, reasonOf(failed)));
        },
      );
    });
  }

  #client(nodeId: NodeId, address: string): Client {
    const known = this.#clients.get(nodeId);
    if (known !== undefined) return known;
    const client = new Client(address, credentials.createInsecure(), OPTIONS);
    this.#clients.set(nodeId, client);
    return client;
  }
}

function reasonOf(failed: object | null): string {
  if (failed === null) return "answered without a status";
  const error = fromStatus(failed, false);
  return error.code === "TIMEOUT"
    ? `no answer within ${MEMBER_STATUS_TIMEOUT_MS} ms`
    : error.message;
}

/** A member that could not be asked. */
function downStatus(nodeId: NodeId, clientAddress: string, error: string): WireNodeStatus {
  return {
    nodeId,
    clientAddress,
    error,
    role: "down",
    clusterId: "",
    term: 0,
    leaderId: "",
    lastIndex: 0,
    durableIndex: 0,
    commitIndex: 0,
    appliedIndex: 0,
    logStartOffset: 0,
    highWatermark: 0,
    nextOffset: 0,
    segments: [],
    uptimeMs: 0,
    waiting: "",
    peers: [],
    version: "",
    snapshotIndex: 0,
    transfers: [],
  };
}
