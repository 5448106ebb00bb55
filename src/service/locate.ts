import type { Offset } from "../common/brand.ts";
import type { LocateRequest, LocateResponse } from "../wire/log-messages.ts";
import type { ServiceContext } from "./service-context.ts";

/** `Locate`: where this node keeps a committed record, down to the byte. */
export async function locate(
  { node }: ServiceContext,
  { offset }: LocateRequest,
): Promise<LocateResponse> {
  const { nodeId } = node;
  return { nodeId, ...(await node.locate(offset as Offset)) };
}
