import { type Server, ServerCredentials } from "@grpc/grpc-js";
import { FatalError } from "../common/fatal-error.ts";

/** Listens on `listen` (`host:port`); answers the address with the port that was bound. */
export function bindServer(server: Server, listen: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // Without a port grpc-js would take that of HTTPS.
    if (!/:\d{1,5}$/.test(listen))
      return reject(new FatalError("config", `${listen} has no port: write host:port`));
    server.bindAsync(listen, ServerCredentials.createInsecure(), (error, port) => {
      if (error !== null) return reject(explain(listen, error));
      resolve(listen.replace(/:\d+$/, `:${port}`));
    });
  });
}

function explain(listen: string, error: Error): FatalError {
  const { message } = error;
  if (message.includes("EADDRINUSE"))
    return new FatalError(
      "io",
      `${listen} is already in use: stop the program that listens there, or choose another port`,
      error,
    );
  if (message.includes("EACCES"))
    return new FatalError(
      "config",
      `${listen} may not be listened on: ports below 1024 need rights; choose a higher one`,
      error,
    );
  if (/EADDRNOTAVAIL|ENOTFOUND|EAI_AGAIN|[Nn]ame resolution/.test(message))
    return new FatalError(
      "config",
      `${listen} is not an address of this machine: listen on one that is, or on 127.0.0.1`,
      error,
    );
  return new FatalError("config", `cannot listen on ${listen}: ${message}`, error);
}
