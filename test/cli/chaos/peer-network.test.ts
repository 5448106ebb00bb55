import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PeerNetwork } from "../../../src/cli/chaos/peer-network.ts";
import { hostOf, portOf } from "../../../src/runtime/config/address.ts";
import { turns, until } from "../../support/until.ts";

/** Enough turns of the event loop for whatever could pass to have passed. */
const LONG_ENOUGH = 300;

/** A peer that notes what it hears. */
class Peer {
  readonly server: Server;
  readonly sockets: Socket[] = [];
  heard = "";

  constructor() {
    this.server = createServer((socket) => {
      this.sockets.push(socket);
      socket.on("error", () => {}).on("data", (data) => (this.heard += data.toString()));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
}

/** What `n1` holds in its hand when it has connected to `n2`. */
class Call {
  readonly socket: Socket;
  heard = "";
  closed = false;

  constructor(address: string) {
    this.socket = connect(portOf(address), hostOf(address));
    this.socket.on("data", (data) => (this.heard += data.toString())).on("error", () => {});
    this.socket.on("close", () => (this.closed = true));
  }
}

describe("the links between peers", () => {
  let peer: Peer;
  let network: PeerNetwork;
  let call: Call;

  beforeEach(async () => {
    peer = new Peer();
    const address = await peer.listen();
    network = await PeerNetwork.open([
      { nodeId: "n1", peer: "127.0.0.1:9" },
      { nodeId: "n2", peer: address },
    ]);
    call = new Call(network.addressOf("n1", "n2"));
    await until(() => peer.sockets.length === 1);
  });

  afterEach(() => {
    call.socket.destroy();
    network.close();
    peer.server.close();
  });

  const say = (text: string) => call.socket.write(text);
  const answer = (text: string) => peer.sockets[0]?.write(text);

  it("carry bytes both ways", async () => {
    say("ping");
    await until(() => peer.heard === "ping");
    answer("pong");
    await until(() => call.heard === "pong");
  });

  it("are cut one way only: the other way is heard", async () => {
    network.setCut("n1", "n2", true);
    say("ping");
    answer("pong");
    await until(() => call.heard === "pong");
    await turns(LONG_ENOUGH);
    expect(peer.heard).toBe("");
  });

  it("deliver what a cut held back when it ends, in order", async () => {
    network.setCut("n1", "n2", true);
    for (const word of ["one ", "two ", "three"]) say(word);
    await turns(LONG_ENOUGH);
    expect(peer.heard).toBe("");
    network.setCut("n1", "n2", false);
    await until(() => peer.heard === "one two three");
  });

  it.each([
    ["n1", "n2"],
    ["n2", "n1"],
  ])("let nobody connect while %s is not heard by %s", async (from, to) => {
    network.setCut(from, to, true);
    const second = new Call(network.addressOf("n1", "n2"));
    await until(() => second.socket.readyState === "open");
    await turns(LONG_ENOUGH);
    expect(peer.sockets).toHaveLength(1);
    network.setCut(from, to, false);
    await until(() => peer.sockets.length === 2);
    second.socket.destroy();
  });

  it("are late while they are told to be", async () => {
    network.setDelay("n1", "n2", 60_000);
    say("ping");
    answer("pong");
    await until(() => call.heard === "pong");
    await turns(LONG_ENOUGH);
    expect(peer.heard).toBe("");
  });

  it("are reset at both ends", async () => {
    const [far] = peer.sockets;
    network.reset("n2", "n1");
    await until(() => call.closed && far?.destroyed === true);
  });
});
