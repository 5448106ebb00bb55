import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { repositoryPath } from "../local-cluster/repository-path.ts";

export interface Request {
  readonly id: number;
  readonly data: Uint8Array;
}
export interface Requests {
  readonly requests: readonly Request[];
}
export interface Acks {
  readonly ids: readonly number[];
}
export interface Chunk {
  readonly last: number;
  readonly data: Uint8Array;
}
export interface Match {
  readonly last: number;
}

export interface PipelineClient extends grpc.Client {
  Append(): grpc.ClientDuplexStream<Requests, Acks>;
  Replicate(): grpc.ClientDuplexStream<Chunk, Match>;
}

interface PipelineService {
  new (address: string, credentials: grpc.ChannelCredentials, options: object): PipelineClient;
  readonly service: grpc.ServiceDefinition;
}

/** The same bounds and switches on both ends; channelz costs and is off in Balsa too. */
export const GRPC_OPTIONS = {
  "grpc.max_receive_message_length": 64 << 20,
  "grpc.max_send_message_length": 64 << 20,
  "grpc.enable_channelz": 0,
};

/** Loads `ceiling.proto`: the service's definition and its client. */
export function loadPipeline(): PipelineService {
  const definition = loadSync(repositoryPath("scripts/bench/ceiling.proto"), { longs: Number });
  const loaded = grpc.loadPackageDefinition(definition);
  const { Pipeline } = loaded["ceiling"] as unknown as { readonly Pipeline: PipelineService };
  return Pipeline;
}

export function connectPipeline(port: number): PipelineClient {
  const Pipeline = loadPipeline();
  return new Pipeline(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), GRPC_OPTIONS);
}
