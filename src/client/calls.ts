import type { Client } from "@grpc/grpc-js";
import { LogError } from "../common/errors.ts";
import type { Method } from "../wire/protos.ts";
import { type CallOptions, checkCallOptions } from "./call-options.ts";
import type { ClusterView } from "./cluster-view.ts";
import type { Connections } from "./connections.ts";
import type { ClientPorts } from "./ports.ts";
import { Backoff, type RetryPolicy, worthRetrying } from "./retry.ts";
import { callUnary } from "./rpc.ts";
import { Scope } from "./scope.ts";
import type { ClientSession } from "./session.ts";
import { sleep } from "./sleep.ts";

/** A member that says nothing for this long is passed over: it may be paused. */
const ATTEMPT_TIMEOUT_MS = 3000;

/** What every part of a client shares. */
export interface ClientContext {
  readonly view: ClusterView;
  readonly connections: Connections;
  readonly ports: ClientPorts;
  readonly policy: RetryPolicy;
  readonly session: ClientSession;
  /** Aborted with `CLOSED` when the client closes. */
  readonly closing: AbortSignal;
}

/** A scope that ends with the caller's signal, its time, or the client. */
export function openScope(context: ClientContext, options: CallOptions): Scope {
  checkCallOptions(options);
  const { scheduler } = context.ports;
  const scope = new Scope().follow(context.closing).follow(options.signal);
  return scope.limit(scheduler, options.timeoutMs ?? context.policy.maxElapsedMs);
}

/**
 * A call that only reads: asks one member after the other until one answers, an error says that
 * asking again is pointless, or the time is over.
 */
export async function callAnyMember<Request, Response>(
  context: ClientContext,
  method: Method<Request, Response>,
  request: Request,
  options: CallOptions = {},
): Promise<Response> {
  const { view, connections, ports, policy } = context;
  const startedMs = ports.clock.nowMs();
  using scope = openScope(context, options);
  const backoff = new Backoff(policy, ports.random);
  let last: LogError | undefined;
  for (;;) {
    const address = view.anyMember();
    try {
      return await attempt(context, connections.get(address), method, request, scope.signal);
    } catch (thrown) {
      const error = LogError.from(thrown);
      const elapsedMs = ports.clock.nowMs() - startedMs;
      if (scope.error !== undefined) throw gaveUp(scope.error, last, elapsedMs);
      view.avoid(address);
      last = withAddress(error, address);
      if (!policy.enabled || !(worthRetrying(error) || error.code === "TIMEOUT")) throw last;
    }
    try {
      await sleep(ports.scheduler, backoff.next(), scope.signal);
    } catch (thrown) {
      throw gaveUp(LogError.from(thrown), last, ports.clock.nowMs() - startedMs);
    }
  }
}

async function attempt<Request, Response>(
  { ports }: ClientContext,
  client: Client,
  method: Method<Request, Response>,
  request: Request,
  signal: AbortSignal,
): Promise<Response> {
  using scope = new Scope().follow(signal).limit(ports.scheduler, ATTEMPT_TIMEOUT_MS);
  return await callUnary(client, method, request, scope.signal);
}

/** The same error, saying which node it came from where that helps. */
export function withAddress(error: LogError, address: string): LogError {
  if (error.message.includes(address)) return error;
  const { outcome, leader, term, logStartOffset, hint } = error;
  const message = `${address}: ${error.message}`;
  return new LogError(error.code, message, {
    outcome,
    leader,
    term,
    logStartOffset,
    hint: hint ?? (error.code === "UNAVAILABLE" ? "is the cluster up at this address?" : undefined),
    cause: error,
  });
}

/** Time is over: what kept the call from succeeding says more than that it is over. */
export function gaveUp(end: LogError, last: LogError | undefined, elapsedMs: number): LogError {
  if (end.code !== "TIMEOUT" || last === undefined) return end;
  const { leader, term, hint } = last;
  const message = `${last.message} (gave up after ${Math.round(elapsedMs)} ms)`;
  return new LogError(last.code, message, { leader, term, hint, cause: last });
}
