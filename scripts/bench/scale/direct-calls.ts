import { Client, credentials } from "@grpc/grpc-js";
import type { WireNodeStatus } from "#dist/wire/log-messages.js";
import { logService, type Method } from "#dist/wire/protos.js";

const TIMEOUT_MS = 1000;
const OPTIONS = { "grpc.enable_channelz": 0, "grpc.initial_reconnect_backoff_ms": 10 };

/** One node, asked itself: the client would go to another one. */
export class DirectCalls {
  readonly #client: Client;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure(), OPTIONS);
  }

  close(): void {
    this.#client.close();
  }

  /** Rejects as long as the node serves nothing. */
  async firstRecord(): Promise<number> {
    const consistency = "CONSISTENCY_LOCAL" as const;
    const request = { fromOffset: 0, maxBytes: 1, consistency, rawFrames: true };
    const { frames } = await this.#call(logService().Read, request);
    return frames.length;
  }

  async status(): Promise<WireNodeStatus> {
    const { nodes } = await this.#call(logService().Status, { cluster: false });
    const [own] = nodes;
    if (own === undefined) throw new Error("no status");
    return own;
  }

  #call<Request, Response>(method: Method<Request, Response>, request: Request) {
    const { path, requestSerialize, responseDeserialize } = method;
    const deadline = Date.now() + TIMEOUT_MS;
    return new Promise<Response>((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        { deadline },
        (failed, answer) => {
          if (failed !== null) reject(failed);
          else if (answer !== undefined) resolve(answer);
        },
      );
    });
  }
}

/** Asks again every `everyMs` until an answer holds. */
export async function answered<T>(
  ask: () => Promise<T>,
  everyMs: number,
  holds: (answer: T) => boolean = () => true,
): Promise<T> {
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined && holds(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
