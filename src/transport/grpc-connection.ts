import type { Socket } from "node:net";
import { Client, type ChannelCredentials, connectivityState, credentials } from "@grpc/grpc-js";
import { CLIENT_OPTIONS } from "./grpc-channel-options.ts";

/**
 * A client and the sockets it made. Closing a client of grpc-js leaves a connection that is still
 * being made to itself: a paused peer, whose kernel accepts what nobody answers, would collect one
 * with every attempt for as long as the pause lasts. Here they are destroyed.
 */
export class GrpcConnection {
  readonly client: Client;
  readonly #sockets = new Set<Socket>();
  #closed = false;

  constructor(address: string) {
    this.client = new Client(address, this.#trackingCredentials(), CLIENT_OPTIONS);
  }

  /** The peer has not been reached yet, over a link that may be dead. */
  get connecting(): boolean {
    const channel = this.client.getChannel();
    return channel.getConnectivityState(false) === connectivityState.CONNECTING;
  }

  close(): void {
    this.#closed = true;
    this.client.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  /** grpc-js hands every socket it has connected to its credentials, and to nobody else. */
  #trackingCredentials(): ChannelCredentials {
    const insecure = credentials.createInsecure();
    const create = insecure._createSecureConnector.bind(insecure);
    insecure._createSecureConnector = (...args) => {
      const connector = create(...args);
      const connect = (socket: Socket) => {
        if (this.#closed) socket.destroy();
        else this.#track(socket);
        return connector.connect(socket);
      };
      return { ...connector, connect };
    };
    return insecure;
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }
}
