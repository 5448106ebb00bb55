import { type Server, ServerCredentials } from "@grpc/grpc-js";
import { FatalError } from "../common/fatal-error.ts";

/** Listens for clients on `listen`; answers `host:port` with the port that was bound. */
export function bind(server: Server, listen: string): Promise<string> {
  const colon = listen.lastIndexOf(":");
  const host = listen.slice(0, Math.max(0, colon)) || "127.0.0.1";
  const target = `${host}:${listen.slice(colon + 1)}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(target, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(`${host}:${port}`);
      else reject(explain(target, error));
    });
  });
}

/** A port that another program has is the machine's trouble, as with peers; the rest is a value. */
function explain(target: string, error: Error): FatalError {
  const place = `cannot listen for clients on ${target}`;
  if (error.message.includes("EADDRINUSE"))
    return new FatalError("io", `${place}: another program listens there`, error);
  return new FatalError("config", `${place}: ${error.message}`, error);
}
