import { connect } from "node:net";
import { hostOf, portOf } from "../runtime/config/address.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { PASTE } from "./supervisor/narrator.ts";

const CONNECT_TIMEOUT_MS = 2_000;

/**
 * A newcomer without a cluster, or with a wrong port, learns it at once instead of after the
 * client's patient retries.
 * @throws Failure when nothing listens at any endpoint
 */
export async function requireReachable(endpoints: readonly string[]): Promise<void> {
  const attempts = endpoints.map(async (endpoint) => {
    const reason = await connectError(endpoint);
    if (reason !== undefined) throw new Error(`${endpoint}: ${reason}`);
  });
  try {
    await Promise.any(attempts);
  } catch (thrown) {
    const reasons = (thrown as AggregateError).errors.map((error) => (error as Error).message);
    throw new Failure(
      EXIT.cannotConnect,
      "UNAVAILABLE",
      `cannot connect to ${reasons.join("; ")}`,
      `\`${PASTE} cluster up\` starts a cluster; --endpoints names another one`,
    );
  }
}

function connectError(endpoint: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostOf(endpoint), port: portOf(endpoint) });
    const settle = (reason: string | undefined) => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => settle("no answer"));
    socket.once("connect", () => settle(undefined));
    socket.once("error", (error: NodeJS.ErrnoException) => settle(reasonOf(error)));
  });
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ECONNREFUSED") return "connection refused";
  if (code === "ENOTFOUND") return "no such host";
  return code ?? message;
}
