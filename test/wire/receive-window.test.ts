import { once } from "node:events";
import { connect } from "node:http2";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { widenReceiveWindow } from "../../src/wire/receive-window.ts";
import { until } from "../support/until.ts";

const WINDOW_BYTES = 3 << 20;
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** What a client may send to a fresh server: for each stream, and on the whole connection. */
async function windowsOf(server: Server): Promise<() => readonly (number | undefined)[]> {
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  const session = connect(`http://127.0.0.1:${port}`);
  closing.push(
    () => session.destroy(),
    () => server.forceShutdown(),
  );
  await once(session, "remoteSettings");
  return () => [session.remoteSettings.initialWindowSize, session.state.remoteWindowSize];
}

describe("a server's receive window", () => {
  // The library's servers ignore "grpc-node.flow_control_window": everything that was
  // replicated went in pieces of 64 KiB, though the option was set.
  it("is as wide as it was told, for each stream and each connection", async () => {
    const server = new Server();
    widenReceiveWindow(server, WINDOW_BYTES);
    const windows = await windowsOf(server);
    await until(() => windows().every((bytes) => bytes === WINDOW_BYTES));
    expect(windows()).toEqual([WINDOW_BYTES, WINDOW_BYTES]);
  });

  it("is the protocol's own where nothing is done", async () => {
    const windows = await windowsOf(new Server({ "grpc-node.flow_control_window": WINDOW_BYTES }));
    expect(windows()).toEqual([65_535, 65_535]);
  });
});
