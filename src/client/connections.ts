import { Client, type ClientOptions, credentials } from "@grpc/grpc-js";
import { MAX_MESSAGE_BYTES } from "../common/limits.ts";

const OPTIONS: ClientOptions = {
  "grpc.enable_channelz": 0,
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  // The library's own retries would send an append again without asking whether it was written.
  "grpc.enable_retries": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc.initial_reconnect_backoff_ms": 20,
  "grpc.max_reconnect_backoff_ms": 500,
  // A paused or vanished node closes no connection: a ping that stays unanswered does.
  "grpc.keepalive_time_ms": 2000,
  "grpc.keepalive_timeout_ms": 2000,
  "grpc.use_local_subchannel_pool": 1,
  "grpc-node.flow_control_window": 4 << 20,
};

/** One connection per member, made when first used. */
export class Connections {
  readonly #clients = new Map<string, Client>();

  get(address: string): Client {
    const known = this.#clients.get(address);
    if (known !== undefined) return known;
    const client = new Client(address, credentials.createInsecure(), OPTIONS);
    this.#clients.set(address, client);
    return client;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}
