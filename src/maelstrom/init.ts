import { textField, textsField } from "./fields.ts";
import type { Body } from "./message.ts";
import type { Membership } from "./running-node.ts";
import { malformed } from "./workbench-error.ts";

/** Names of nodes are parts of paths. */
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;

/** Reads `init`. @throws WorkbenchError */
export function readMembership(body: Body): Membership {
  const nodeId = textField(body, "node_id");
  const nodeIds = textsField(body, "node_ids");
  const odd = nodeIds.find((name) => !NAME.test(name));
  if (odd !== undefined)
    throw malformed(`"${odd}" is no name of a node: letters, digits, dot, dash, underscore`);
  if (new Set(nodeIds).size < nodeIds.length) throw malformed('"node_ids" names a node twice');
  if (!nodeIds.includes(nodeId)) throw malformed(`"node_ids" does not name ${nodeId}`);
  return { nodeId, nodeIds };
}
