import type { Http2Server } from "node:http2";
import type { Server } from "@grpc/grpc-js";

interface Creates {
  createHttp2Server?: (...credentials: unknown[]) => Http2Server;
}

/**
 * Lets senders have `bytes` under way to `server`, on each connection and each stream of it. The
 * library has an option for it ("grpc-node.flow_control_window") that its servers do not read: they
 * receive 64 KiB at a time, and a message of 1 MiB waits sixteen times for both event loops. Where
 * the library has changed nothing is done: slower, not wrong (a test notices).
 */
export function widenReceiveWindow(server: Server, bytes: number): void {
  const creating = server as unknown as Creates;
  const create = creating.createHttp2Server?.bind(server);
  if (create === undefined) return;
  creating.createHttp2Server = (...credentials) =>
    create(...credentials).on("session", (session) => {
      if (session.destroyed) return;
      session.settings({ initialWindowSize: bytes });
      session.setLocalWindowSize(bytes);
    });
}
