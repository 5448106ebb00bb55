import type { handleUnaryCall } from "@grpc/grpc-js";
import { accept, type Received } from "../wire/received.ts";
import { toStatus } from "../wire/status.ts";
import type { ServiceContext } from "./service-context.ts";

/** One call with one answer. May throw anything; the caller sees a status. */
export type UnaryHandler<Request, Response> = (
  context: ServiceContext,
  request: Request,
  signal: AbortSignal,
) => Promise<Response>;

/** Makes a handler that never throws out of one that may. */
export function unary<Request, Response>(
  context: ServiceContext,
  handler: UnaryHandler<Request, Response>,
): handleUnaryCall<Received<Request>, Response> {
  return (call, callback) => {
    const signal = context.calls.track(call);
    const answer = async () => handler(context, accept(call.request), signal);
    answer().then(
      (response) => callback(null, response),
      (thrown: unknown) => callback(toStatus(thrown)),
    );
  };
}
