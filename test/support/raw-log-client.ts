import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  type ServiceError,
} from "@grpc/grpc-js";
import { LogError } from "../../src/common/errors.ts";
import type {
  AppendRequest,
  AppendStreamRequest,
  AppendStreamResponse,
  TailRequest,
  TailResponse,
} from "../../src/wire/log-messages.ts";
import { type LogService, logService, type Method } from "../../src/wire/protos.ts";
import { type BatchRecord, encodeRecordBatch } from "../../src/wire/record-batch.ts";
import { fromStatus } from "../../src/wire/status.ts";

type RequestOf<M> = M extends Method<infer Request, infer _> ? Request : never;
type ResponseOf<M> = M extends Method<infer _, infer Response> ? Response : never;

/** A stream under test: what came, and how it ended. */
export interface Observed<Message> {
  readonly messages: Message[];
  /** Resolves with the error, or undefined for a clean end. */
  readonly ended: Promise<LogError | undefined>;
}

/** The service as any gRPC client sees it: no retries, no hints followed. */
export class RawLogClient {
  readonly client: Client;

  constructor(address: string) {
    this.client = new Client(address, credentials.createInsecure(), {
      "grpc.enable_retries": 0,
      "grpc.use_local_subchannel_pool": 1,
      "grpc.max_receive_message_length": 16 << 20,
    });
  }

  /** The answer, or the LogError that the status means. */
  call<Name extends keyof LogService>(
    name: Name,
    request: RequestOf<LogService[Name]>,
    deadlineMs = 10_000,
  ): Promise<ResponseOf<LogService[Name]> | LogError> {
    const method = logService()[name] as unknown as Method<object, object>;
    return new Promise((resolve) => {
      this.client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request as object,
        { deadline: Date.now() + deadlineMs },
        (failed, response) => {
          if (failed === null) resolve(response as ResponseOf<LogService[Name]>);
          else resolve(fromStatus(failed, true));
        },
      );
    });
  }

  /** Sends bytes that are no message. */
  garbage(name: keyof LogService, bytes: Buffer): Promise<LogError | undefined> {
    const { path, responseDeserialize } = logService()[name] as Method<object, object>;
    return new Promise((resolve) => {
      this.client.makeUnaryRequest(
        path,
        (raw: Buffer) => raw,
        responseDeserialize,
        bytes,
        (failed) => resolve(failed === null ? undefined : fromStatus(failed, true)),
      );
    });
  }

  appendStream(): ClientDuplexStream<AppendStreamRequest, AppendStreamResponse> {
    const { path, requestSerialize, responseDeserialize } = logService().AppendStream;
    return this.client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  }

  tail(request: Partial<TailRequest>): ClientReadableStream<TailResponse> {
    const { path, requestSerialize, responseDeserialize } = logService().Tail;
    return this.client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {
      fromOffset: 0,
      consistency: "CONSISTENCY_LINEARIZABLE",
      rawFrames: false,
      maxBytes: 0,
      ...request,
    });
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}

/** Collects what a stream says. */
export function observe<Message>(call: ClientReadableStream<Message>): Observed<Message> {
  const messages: Message[] = [];
  call.on("data", (message: Message) => messages.push(message));
  const ended = new Promise<LogError | undefined>((resolve) => {
    call.on("error", (failed: ServiceError) => resolve(fromStatus(failed, true)));
    call.on("end", () => resolve(undefined));
  });
  return { messages, ended };
}

export function record(value: string, key?: string): BatchRecord {
  return {
    key: key === undefined ? undefined : Buffer.from(key),
    value: Buffer.from(value),
    headers: [],
  };
}

/** A batch of text values. */
export function batchOf(...values: readonly string[]): Buffer {
  return encodeRecordBatch(values.map((value) => record(value)));
}

/** A single append without a producer. */
export function appendRequest(
  batch: Uint8Array,
  recordCount: number,
  producer: Partial<AppendRequest> = {},
): AppendRequest {
  return {
    batch,
    recordCount,
    producerId: 0,
    producerEpoch: 0,
    producerSequence: 0,
    ...producer,
  };
}

/** The error, where there must be one. */
export function errorOf(answer: unknown): LogError {
  if (answer instanceof LogError) return answer;
  throw new Error(`expected an error, got ${JSON.stringify(answer)}`);
}

/** The answer, where there must be one. */
export function answerOf<T>(answer: T | LogError): T {
  if (answer instanceof LogError) throw answer;
  return answer;
}
