import type { Client, ClientReadableStream } from "@grpc/grpc-js";
import { LogError } from "../common/errors.ts";
import type { Method } from "../wire/protos.ts";
import { type FailedCall, fromStatus } from "../wire/status.ts";

/**
 * One call with one answer. Rejects with LogError only; `mayHaveEffect`: where nothing came back,
 * its outcome is unknown.
 */
export function callUnary<Request, Response>(
  client: Client,
  method: Method<Request, Response>,
  request: Request,
  signal: AbortSignal,
  mayHaveEffect = false,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(LogError.from(signal.reason));
    const { path, requestSerialize, responseDeserialize } = method;
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      (failed, response) => {
        signal.removeEventListener("abort", stop);
        if (signal.aborted) reject(LogError.from(signal.reason));
        else if (failed !== null) reject(fromStatus(failed, mayHaveEffect));
        else if (response === undefined)
          reject(new LogError("UNAVAILABLE", "the node answered without a message"));
        else resolve(response);
      },
    );
    const stop = () => call.cancel();
    signal.addEventListener("abort", stop, { once: true });
  });
}

/**
 * The messages of one server stream. Leaving the loop cancels the call; read-ahead is what the
 * stream itself holds. Throws LogError only.
 */
export async function* callStream<Request, Response>(
  client: Client,
  method: Method<Request, Response>,
  request: Request,
  signal: AbortSignal,
): AsyncGenerator<Response, void, void> {
  if (signal.aborted) throw LogError.from(signal.reason);
  const { path, requestSerialize, responseDeserialize } = method;
  const call: ClientReadableStream<Response> = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
  );
  const stop = () => call.cancel();
  signal.addEventListener("abort", stop, { once: true });
  // The loop below may not be reading when the call fails or is cancelled.
  call.on("error", () => undefined);
  try {
    for await (const message of call) yield message as Response;
  } catch (failed) {
    if (signal.aborted) throw LogError.from(signal.reason);
    throw failed instanceof LogError ? failed : fromStatus(failed as FailedCall, false);
  } finally {
    signal.removeEventListener("abort", stop);
    call.cancel();
  }
}
