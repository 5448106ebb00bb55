import { Client, credentials } from "@grpc/grpc-js";
import { LogError } from "../common/errors.ts";
import { MAX_MESSAGE_BYTES } from "../common/limits.ts";
import type { WireNodeStatus } from "../wire/log-messages.ts";
import { logService } from "../wire/protos.ts";
import { fromStatus } from "../wire/status.ts";

const OPTIONS = {
  "grpc.enable_channelz": 0,
  "grpc.enable_retries": 0,
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
};

/**
 * Asks all endpoints at once for the status of all nodes. The first answer that knows a leader
 * wins; without one, any answer; a node that is paused delays nobody.
 * @throws LogError of the last endpoint when none answers
 */
export async function askStatus(
  endpoints: readonly string[],
  timeoutMs: number,
): Promise<readonly WireNodeStatus[]> {
  const clients = endpoints.map(
    (endpoint) => new Client(endpoint, credentials.createInsecure(), OPTIONS),
  );
  try {
    return await bestOf(clients.map((client) => ask(client, timeoutMs)));
  } finally {
    for (const client of clients) client.close();
  }
}

function bestOf(
  asked: readonly Promise<readonly WireNodeStatus[]>[],
): Promise<readonly WireNodeStatus[]> {
  return new Promise((resolve, reject) => {
    let open = asked.length;
    let second: readonly WireNodeStatus[] | undefined;
    let failure: unknown;
    const settle = () => {
      if (--open > 0) return;
      if (second !== undefined) resolve(second);
      else reject(LogError.from(failure));
    };
    for (const one of asked)
      one.then(
        (nodes) => {
          if (nodes.some(({ role }) => role === "leader")) resolve(nodes);
          second = nodes;
          settle();
        },
        (thrown: unknown) => {
          failure = thrown;
          settle();
        },
      );
  });
}

function ask(client: Client, timeoutMs: number): Promise<readonly WireNodeStatus[]> {
  const { path, requestSerialize, responseDeserialize } = logService().Status;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      { cluster: true },
      { deadline: Date.now() + timeoutMs },
      (failed, answer) => {
        if (failed !== null) reject(fromStatus(failed, false));
        else resolve(answer?.nodes ?? []);
      },
    );
  });
}
