import { type Client, connect } from "../client/index.ts";
import { resolveEndpoints } from "./endpoints.ts";
import { requireReachable } from "./reachable.ts";

/** A client of the cluster that is meant, once at least one of its nodes accepts connections. */
export async function openClient(args: {
  readonly endpoints: string | undefined;
  readonly timeoutMs: number;
}): Promise<Client> {
  const endpoints = resolveEndpoints(args.endpoints);
  await requireReachable(endpoints);
  return connect({ endpoints, retry: { maxElapsedMs: args.timeoutMs } });
}
