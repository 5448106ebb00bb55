import { Client, credentials } from "@grpc/grpc-js";
import { MAX_MESSAGE_BYTES } from "../common/limits.ts";
import type { LocateResponse, TraceResponse, WireNodeStatus } from "../wire/log-messages.ts";
import { logService, type Method } from "../wire/protos.ts";
import { fromStatus } from "../wire/status.ts";

const OPTIONS = {
  "grpc.enable_channelz": 0,
  "grpc.enable_retries": 0,
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
};

/** What one node says of all. @throws LogError */
export async function callStatus(
  address: string,
  timeoutMs: number,
): Promise<readonly WireNodeStatus[]> {
  const { nodes } = await call(address, logService().Status, { cluster: true }, timeoutMs);
  return nodes;
}

/** Where the node at `address` keeps a record. @throws LogError */
export function callLocate(
  address: string,
  offset: number,
  timeoutMs: number,
): Promise<LocateResponse> {
  return call(address, logService().Locate, { offset }, timeoutMs);
}

/** What the flight recorder of the node at `address` holds. @throws LogError */
export function callTrace(address: string, timeoutMs: number): Promise<TraceResponse> {
  return call(address, logService().Trace, { afterSeq: 0 }, timeoutMs);
}

/** One call to one node, without the client's retries: here the node itself is what is asked. */
async function call<Request, Response>(
  address: string,
  method: Method<Request, Response>,
  request: Request,
  timeoutMs: number,
): Promise<Response> {
  const client = new Client(address, credentials.createInsecure(), OPTIONS);
  const { path, requestSerialize, responseDeserialize } = method;
  const options = { deadline: Date.now() + timeoutMs };
  try {
    return await new Promise<Response>((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        options,
        (failed, answer) => {
          if (failed !== null) reject(fromStatus(failed, false));
          else if (answer !== undefined) resolve(answer);
        },
      );
    });
  } finally {
    client.close();
  }
}
