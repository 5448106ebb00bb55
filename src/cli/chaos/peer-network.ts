import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { NodeId } from "../../common/brand.ts";
import { hostOf, portOf } from "../../runtime/config/address.ts";
import type { LinkControl } from "./chaos-cluster.ts";
import { PeerLink } from "./peer-link.ts";

/** A node and where its peers really reach it. */
export interface PeerAddress {
  readonly nodeId: NodeId;
  readonly peer: string;
}

interface Connection {
  readonly ends: readonly [Socket, Socket];
  readonly between: readonly [NodeId, NodeId];
}

/**
 * A proxy in front of every peer, one for each node that connects to it. What a connection carries
 * forth is one direction's, what it carries back is the other's: a link can be cut one way only.
 * What a cut holds back arrives when it ends, as TCP would send it again.
 */
export class PeerNetwork implements LinkControl {
  readonly #links = new Map<string, PeerLink>();
  readonly #servers: Server[] = [];
  readonly #addresses = new Map<string, string>();
  readonly #connections = new Set<Connection>();

  static async open(nodes: readonly PeerAddress[]): Promise<PeerNetwork> {
    const network = new PeerNetwork();
    for (const { nodeId: from } of nodes)
      for (const { nodeId: to, peer } of nodes)
        if (from !== to) await network.#serve(from, to, peer);
    return network;
  }

  /** Where `from` reaches `to`. */
  addressOf(from: NodeId, to: NodeId): string {
    return this.#addresses.get(key(from, to)) ?? "";
  }

  setCut(from: NodeId, to: NodeId, cut: boolean): void {
    this.#link(from, to).cut = cut;
  }

  setDelay(from: NodeId, to: NodeId, delayMs: number): void {
    this.#link(from, to).delayMs = delayMs;
  }

  reset(one: NodeId, other: NodeId): void {
    for (const { ends, between } of this.#connections)
      if (between.includes(one) && between.includes(other))
        for (const end of ends) end.resetAndDestroy();
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const { ends } of this.#connections) for (const end of ends) end.destroy();
  }

  async #serve(from: NodeId, to: NodeId, target: string): Promise<void> {
    const server = createServer((socket) => void this.#accept(socket, from, to, target));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    this.#servers.push(server);
    this.#addresses.set(key(from, to), `127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  async #accept(near: Socket, from: NodeId, to: NodeId, target: string): Promise<void> {
    near.on("error", () => near.destroy());
    const [forth, back] = [this.#link(from, to), this.#link(to, from)];
    // To connect takes a packet each way.
    await Promise.all([forth.passable(), back.passable()]);
    if (near.destroyed) return;
    const far = connect(portOf(target), hostOf(target));
    const connection = { ends: [near, far], between: [from, to] } as const;
    this.#connections.add(connection);
    far.on("error", () => far.destroy());
    near.on("close", () => far.destroy());
    far.on("close", () => {
      near.destroy();
      this.#connections.delete(connection);
    });
    void pump(near, far, forth);
    void pump(far, near, back);
  }

  #link(from: NodeId, to: NodeId): PeerLink {
    const name = key(from, to);
    const link = this.#links.get(name) ?? new PeerLink();
    this.#links.set(name, link);
    return link;
  }
}

/** One piece after the other: a late link is a narrow one too. */
async function pump(from: Socket, to: Socket, link: PeerLink): Promise<void> {
  from.setNoDelay();
  try {
    for await (const piece of from) {
      await link.passable();
      if (link.delayMs > 0) await sleep(link.delayMs);
      if (to.destroyed) return;
      if (!to.write(piece as Buffer)) await once(to, "drain");
    }
    await link.passable();
    to.end();
  } catch {
    // One end is gone: so is the connection.
    from.destroy();
    to.destroy();
  }
}

function key(from: NodeId, to: NodeId): string {
  return `${from} to ${to}`;
}
