import { LogError } from "../common/errors.ts";
import { type Method, logService } from "../wire/protos.ts";
import type { CallOptions } from "./call-options.ts";
import { callAnyMember, type ClientContext, openScope, withAddress } from "./calls.ts";
import { clusterStatus, type MemberStatus } from "./cluster-status.ts";
import { callUnary } from "./rpc.ts";

interface MemberOptions extends CallOptions {
  readonly member?: string | undefined;
}

/**
 * Asks one member about itself, by its id, or the leader. It alone is asked, and once: what
 * another one would say is no answer.
 * @throws LogError INVALID_ARGUMENT when there is no such member, NO_QUORUM without a leader
 */
export async function callMember<Request, Response>(
  context: ClientContext,
  method: Method<Request, Response>,
  request: Request,
  { member, ...options }: MemberOptions,
): Promise<Response> {
  using scope = openScope(context, options);
  const signal = scope.signal;
  const { nodes } = await callAnyMember(
    ...([context, logService().Status, { cluster: true }, { signal }] as const),
  );
  const { leader, members } = clusterStatus(nodes);
  const address = addressOf(members, member, leader);
  try {
    return await callUnary(context.connections.get(address), method, request, signal);
  } catch (thrown) {
    throw withAddress(LogError.from(thrown), address);
  }
}

function addressOf(
  members: readonly MemberStatus[],
  wanted: string | undefined,
  leader: string | null,
): string {
  const id = wanted ?? leader;
  if (id === null)
    throw new LogError("NO_QUORUM", "no leader is known", { hint: "name a member to ask" });
  const found = members.find((one) => one.id === id);
  const names = members.map((one) => one.id).join(", ");
  if (found === undefined)
    throw new LogError("INVALID_ARGUMENT", `there is no member ${id}`, {
      hint: `members: ${names}`,
    });
  if (found.role === "down") throw new LogError("UNAVAILABLE", `${id} is down: ${found.error}`);
  return found.clientAddress;
}
