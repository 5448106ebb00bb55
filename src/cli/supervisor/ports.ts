import { createServer } from "node:net";
import { hostOf, portOf } from "../../runtime/config/address.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import type { NodeProcess } from "./procfile.ts";

/** @throws Failure naming the first address that another process has. */
export async function requireFreePorts(processes: readonly NodeProcess[]): Promise<void> {
  for (const { name, listenClient, listenPeer, listenHttp } of processes)
    for (const [what, address] of [
      ["listen.client", listenClient],
      ["listen.peer", listenPeer],
      ["listen.http", listenHttp],
    ] as const) {
      if (address === undefined) continue;
      const code = await bindError(address);
      if (code === undefined) continue;
      const reason = code === "EADDRINUSE" ? "another process listens there" : code;
      throw new Failure(
        EXIT.io,
        "IO",
        `${address} (${what} of ${name}) cannot be used: ${reason}`,
        `\`ss -ltnp sport = :${portOf(address)}\` names it; or change ${what} in its config`,
      );
    }
}

function bindError(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(portOf(address), hostOf(address), () => server.close(() => resolve(undefined)));
  });
}
