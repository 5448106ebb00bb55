import { parseAddress } from "../runtime/config/address.ts";
import { invalidValue } from "./failure.ts";
import { requireReachable } from "./reachable.ts";
import { askStatus } from "./status-call.ts";

/** Client address of a node by its name, as the cluster knows it; `host:port` stays as it is. */
export async function addressOfNode(
  node: string,
  endpoints: readonly string[],
  timeoutMs: number,
  flag = "--from-node",
): Promise<string> {
  if (node.includes(":")) return parseAddress(node);
  await requireReachable(endpoints);
  const nodes = await askStatus(endpoints, timeoutMs);
  const found = nodes.find(({ nodeId }) => nodeId === node);
  if (found !== undefined && found.clientAddress !== "") return found.clientAddress;
  const names = nodes.map(({ nodeId }) => nodeId).join(", ");
  throw invalidValue(flag, `there is no node "${node}"`, `nodes: ${names}`);
}
