import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { FatalError } from "../../common/fatal-error.ts";
import { failed, notAllowed, notFound, type Page, PAGES, type PageContext } from "./pages.ts";

/** A scraper that is slow costs a socket for no longer than this. */
const REQUEST_TIMEOUT_MS = 5000;
const MAX_CONNECTIONS = 64;

export interface HttpService {
  /** `host:port` that is listened on. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Metrics and health over plain HTTP, for scrapers and probes; nothing can be changed here.
 * @throws FatalError "io" when another program has the port, "config" when the address is no use
 */
export async function startHttp(context: PageContext, listen: string): Promise<HttpService> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) =>
    answer(context, request, response),
  );
  server.maxConnections = MAX_CONNECTIONS;
  const colon = listen.lastIndexOf(":");
  const host = listen.slice(0, Math.max(0, colon)) || "127.0.0.1";
  await listening(server, host, Number(listen.slice(colon + 1)));
  // A connection that cannot be accepted (no file descriptors) must not end the node.
  server.on("error", () => undefined);
  const { port } = server.address() as AddressInfo;
  return {
    address: `${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(
  context: PageContext,
  { method, url = "/" }: IncomingMessage,
  response: ServerResponse,
): void {
  const { status, contentType, body } = pageOf(context, method, url);
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    ...(status === 405 && { allow: "GET, HEAD" }),
  });
  response.end(method === "HEAD" ? undefined : body);
}

/** Total: a page that cannot be made costs the answer, not the node. */
function pageOf(context: PageContext, method: string | undefined, url: string): Page {
  if (method !== "GET" && method !== "HEAD") return notAllowed();
  const [path = "/"] = url.split("?", 1);
  try {
    return PAGES.get(path)?.(context) ?? notFound();
  } catch (thrown) {
    return failed(thrown);
  }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      const place = `cannot serve metrics on ${host}:${port}`;
      const taken = error.code === "EADDRINUSE";
      const why = taken ? "another program listens there" : error.message;
      reject(new FatalError(taken ? "io" : "config", `${place}: ${why}`, error));
    };
    server.once("error", refuse);
    server.listen(port, host.replace(/^\[(.*)\]$/, "$1"), () => {
      server.off("error", refuse);
      resolve();
    });
  });
}
