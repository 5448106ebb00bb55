import { type Client, connect } from "../client/index.ts";
import { LogError } from "../common/errors.ts";
import { resolveEndpoints } from "./endpoints.ts";
import { requireReachable } from "./reachable.ts";
import { askStatus } from "./status-call.ts";

export interface ClientArguments {
  readonly endpoints: string | undefined;
  readonly timeoutMs: number;
}

/** How long a failed command asks around for the reason. */
const DIAGNOSIS_TIMEOUT_MS = 2_000;

/**
 * Runs `use` with a client of the cluster that is meant, once at least one of its nodes accepts
 * connections.
 */
export async function withClient<T>(
  args: ClientArguments,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const endpoints = resolveEndpoints(args.endpoints);
  await requireReachable(endpoints);
  await using client = await connect({ endpoints, retry: { maxElapsedMs: args.timeoutMs } });
  try {
    return await use(client);
  } catch (thrown) {
    throw await explained(thrown, endpoints);
  }
}

/**
 * The last address that was tried may be one of a node that is down. Where others answer, and know
 * of no leader, that is the reason.
 */
async function explained(thrown: unknown, endpoints: readonly string[]): Promise<unknown> {
  if (!(thrown instanceof LogError) || thrown.outcome === "unknown") return thrown;
  if (thrown.code !== "UNAVAILABLE" && thrown.code !== "TIMEOUT") return thrown;
  try {
    const nodes = await askStatus(endpoints, DIAGNOSIS_TIMEOUT_MS);
    if (nodes.some(({ role }) => role === "leader")) return thrown;
    const up = nodes.filter(({ role }) => role !== "down").map(({ nodeId }) => nodeId);
    const message = `no node leads: ${up.join(", ")} of ${nodes.length} up`;
    return new LogError("NO_QUORUM", message, {
      hint: `${Math.floor(nodes.length / 2) + 1} of ${nodes.length} must be up`,
      cause: thrown,
    });
  } catch {
    // Nobody answers: what was thrown says that already.
    return thrown;
  }
}
