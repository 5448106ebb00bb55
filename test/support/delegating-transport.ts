import type { PeerTransport } from "../../src/transport/types.ts";

/** `transport` with some of its calls answered otherwise. */
export function delegating(
  transport: PeerTransport,
  otherwise: Partial<PeerTransport>,
): PeerTransport {
  return {
    start: (handler) => transport.start(handler),
    send: (to, message) => transport.send(to, message),
    closeStreams: () => transport.closeStreams(),
    meet: (peer, ours, timeoutMs) => transport.meet(peer, ours, timeoutMs),
    fetch: (peer, request, timeoutMs) => transport.fetch(peer, request, timeoutMs),
    fetchPiece: (peer, request, timeoutMs) => transport.fetchPiece(peer, request, timeoutMs),
    installSnapshot: (to, source, signal) => transport.installSnapshot(to, source, signal),
    close: () => transport.close(),
    ...otherwise,
  };
}
