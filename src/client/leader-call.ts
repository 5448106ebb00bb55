import { LogError } from "../common/errors.ts";
import type { Method } from "../wire/protos.ts";
import type { CallOptions } from "./call-options.ts";
import { type ClientContext, gaveUp, openScope, withAddress } from "./calls.ts";
import { Backoff, worthRetrying } from "./retry.ts";
import { callUnary } from "./rpc.ts";
import { sleep } from "./sleep.ts";

/**
 * A change that only the leader makes, and that may be asked for twice: follows hints, rides out
 * elections, and asks again after a lost answer. No limit for one attempt: a leader may have to
 * seal a large segment first, and one that is gone is found by pings.
 */
export async function callLeader<Request, Response>(
  context: ClientContext,
  method: Method<Request, Response>,
  request: Request,
  options: CallOptions = {},
): Promise<Response> {
  const { view, connections, ports, policy } = context;
  const startedMs = ports.clock.nowMs();
  using scope = openScope(context, options);
  const backoff = new Backoff(policy, ports.random);
  let hinted = false;
  let unsure = false;
  let last: LogError | undefined;
  for (;;) {
    const address = view.leaderOrNext();
    try {
      const client = connections.get(address);
      return await callUnary(client, method, request, scope.signal, true);
    } catch (thrown) {
      const error = LogError.from(thrown);
      const elapsedMs = ports.clock.nowMs() - startedMs;
      // The answer was not waited for: the change may come all the same.
      if (scope.error !== undefined) throw withOutcome(gaveUp(scope.error, last, elapsedMs), true);
      unsure ||= error.outcome === "unknown";
      last = withAddress(error, address);
      const again = worthRetrying(error) || error.code === "TIMEOUT" || error.code === "NOT_LEADER";
      if (!policy.enabled || !again) throw withOutcome(last, unsure);
      // A named leader is asked at once, but two nodes that name each other are not asked in turn.
      hinted = view.leaderFailed(address, error) && !hinted;
    }
    if (hinted) continue;
    try {
      await sleep(ports.scheduler, backoff.next(), scope.signal);
    } catch (thrown) {
      const elapsedMs = ports.clock.nowMs() - startedMs;
      throw withOutcome(gaveUp(LogError.from(thrown), last, elapsedMs), unsure);
    }
  }
}

function withOutcome(error: LogError, unsure: boolean): LogError {
  if (!unsure || error.outcome === "unknown") return error;
  const { leader, term, logStartOffset } = error;
  return new LogError(error.code, error.message, {
    ...{ outcome: "unknown", leader, term, logStartOffset, cause: error },
    hint: "it may have been done: look before asking again",
  });
}
