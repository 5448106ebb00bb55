import { timingSafeEqual } from "node:crypto";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { FailureCode } from "../failure.ts";
import { Failure } from "../failure.ts";
import type { ClusterFile, ProcessReport } from "./cluster-file.ts";

export const CONTROL_VERBS = [
  "ping",
  "status",
  "kill",
  "pause",
  "resume",
  "restart",
  "down",
  "awaitLeader",
] as const;
export type ControlVerb = (typeof CONTROL_VERBS)[number];

/** One request on the channel: a line of JSON. */
export interface ControlRequest {
  readonly verb: ControlVerb;
  /** Names of processes, or `leader`, or `all`. */
  readonly nodes: readonly string[];
  readonly signal?: NodeJS.Signals | undefined;
}

/** Its answer: what was done, one sentence each, and the nodes after it. */
export interface ControlAnswer {
  readonly lines: readonly string[];
  readonly nodes: readonly ProcessReport[];
}

type Reply =
  | { readonly answer: ControlAnswer }
  | {
      readonly failure: {
        readonly exitCode: number;
        readonly code: FailureCode;
        readonly message: string;
        readonly hint: string | undefined;
      };
    };

export interface ControlServer {
  readonly port: number;
  close(): void;
}

/** Listens on a free loopback port; who does not know the token is not heard. */
export async function serveControl(
  token: string,
  handle: (request: ControlRequest) => Promise<ControlAnswer>,
): Promise<ControlServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    createInterface({ input: socket }).once("line", (line) => {
      const request = parseRequest(line, token);
      if (request === undefined) return void socket.destroy();
      void replyTo(request, handle).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      // An answer under way still goes out; whoever says nothing is cut off.
      for (const socket of sockets) socket.destroySoon();
    },
  };
}

/**
 * Asks the supervisor that wrote `file`; `undefined` when it is gone.
 * @throws Failure with what the supervisor refused
 */
export async function askSupervisor(
  file: ClusterFile,
  request: ControlRequest,
): Promise<ControlAnswer | undefined> {
  const line = await new Promise<string | undefined>((resolve) => {
    const socket = connect(file.control.port, "127.0.0.1");
    let text = "";
    socket.setEncoding("utf8");
    socket.on("connect", () =>
      socket.write(`${JSON.stringify({ ...request, token: file.control.token })}\n`),
    );
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => resolve(text === "" ? undefined : text));
  });
  if (line === undefined) return undefined;
  const reply = JSON.parse(line) as Reply;
  if ("answer" in reply) return reply.answer;
  const { exitCode, code, message, hint } = reply.failure;
  throw new Failure(exitCode, code, message, hint);
}

async function replyTo(
  request: ControlRequest,
  handle: (request: ControlRequest) => Promise<ControlAnswer>,
): Promise<Reply> {
  try {
    return { answer: await handle(request) };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    const { exitCode, code, message, hint } = thrown;
    return { failure: { exitCode, code, message, hint } };
  }
}

function parseRequest(line: string, token: string): ControlRequest | undefined {
  try {
    const request = JSON.parse(line) as ControlRequest & { readonly token?: unknown };
    const given = Buffer.from(String(request.token));
    const expected = Buffer.from(token);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    return CONTROL_VERBS.includes(request.verb) ? request : undefined;
  } catch {
    return undefined;
  }
}
