import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { FatalError } from "../../common/fatal-error.ts";
import type { NodeApi } from "../../runtime/node-api.ts";
import { notFound, type Page, PAGES } from "./pages.ts";

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
export async function startHttp(node: NodeApi, listen: string): Promise<HttpService> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) =>
    answer(node, request, response),
  );
  server.maxConnections = MAX_CONNECTIONS;
  const colon = listen.lastIndexOf(":");
  const host = listen.slice(0, Math.max(0, colon)) || "127.0.0.1";
  await listening(server, host, Number(listen.slice(colon + 1)));
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

function answer(node: NodeApi, { method, url = "/" }: IncomingMessage, response: ServerResponse) {
  const page = method === "GET" || method === "HEAD" ? pageOf(node, url) : notAllowed();
  const { status, contentType, body } = page;
  response.writeHead(status, { "content-type": contentType, "cache-control": "no-store" });
  response.end(method === "HEAD" ? undefined : body);
}

function pageOf(node: NodeApi, url: string): Page {
  const [path = "/"] = url.split("?", 1);
  return PAGES.get(path)?.(node) ?? notFound();
}

function notAllowed(): Page {
  return { status: 405, contentType: "text/plain; charset=utf-8", body: "only GET and HEAD\n" };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const place = `cannot serve metrics on ${host}:${port}`;
      const taken = error.code === "EADDRINUSE";
      const why = taken ? "another program listens there" : error.message;
      reject(new FatalError(taken ? "io" : "config", `${place}: ${why}`, error));
    });
    server.listen(port, host.replace(/^\[(.*)\]$/, "$1"), resolve);
  });
}
