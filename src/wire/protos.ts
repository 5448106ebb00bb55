import { fileURLToPath } from "node:url";
import type { MethodDefinition } from "@grpc/grpc-js";
import { loadSync, type Options, type PackageDefinition } from "@grpc/proto-loader";
import {
  decodePlainRequest,
  decodePlainResponse,
  encodePlainRequest,
  encodePlainResponse,
} from "./append-stream-codec.ts";
import type * as admin from "./admin-messages.ts";
import type * as log from "./log-messages.ts";
import type * as raft from "./raft-messages.ts";
import { checkNumbers, type Received, receiving } from "./received.ts";

/** One call of a service: what a handler receives may be malformed, what a client receives not. */
export interface Method<Request, Response>
  extends Omit<MethodDefinition<Request, Response>, "requestDeserialize"> {
  readonly requestDeserialize: (bytes: Buffer) => Received<Request>;
}

/** `balsa.log.v1.Log`, with batches as bytes. */
export interface LogService {
  readonly Append: Method<log.AppendRequest, log.AppendResponse>;
  readonly AppendStream: Method<log.AppendStreamRequest, log.AppendStreamResponse>;
  readonly Read: Method<log.ReadRequest, log.ReadResponse>;
  readonly Tail: Method<log.TailRequest, log.TailResponse>;
  readonly Offsets: Method<log.OffsetsRequest, log.OffsetsResponse>;
  readonly Locate: Method<log.LocateRequest, log.LocateResponse>;
  readonly Status: Method<log.StatusRequest, log.StatusResponse>;
  readonly Trace: Method<log.TraceRequest, log.TraceResponse>;
}

/** `balsa.admin.v1.Admin`. */
export interface AdminService {
  readonly GetSettings: Method<admin.GetSettingsRequest, admin.GetSettingsResponse>;
  readonly ChangeSettings: Method<admin.ChangeSettingsRequest, admin.GetSettingsResponse>;
  readonly Trim: Method<admin.TrimRequest, admin.TrimResponse>;
  readonly TriggerSnapshot: Method<admin.TriggerSnapshotRequest, admin.TriggerSnapshotResponse>;
  readonly Roll: Method<admin.RollRequest, admin.RollResponse>;
  readonly Segments: Method<admin.SegmentsRequest, admin.SegmentsResponse>;
  readonly Snapshots: Method<admin.SnapshotsRequest, admin.SnapshotsResponse>;
}

/** `balsa.raft.v1.Raft`. */
export interface RaftService {
  readonly Meet: Method<raft.WireMeeting, raft.WireMeeting>;
  readonly RequestVote: Method<raft.RequestVoteRequest, raft.RequestVoteResponse>;
  readonly AppendEntries: Method<raft.AppendEntriesRequest, raft.AppendEntriesResponse>;
  readonly ReadIndex: Method<raft.ReadIndexRequest, raft.ReadIndexResponse>;
  readonly FetchEntries: Method<raft.FetchEntriesRequest, raft.FetchEntriesResponse>;
  readonly FetchFile: Method<raft.FetchFileRequest, raft.FetchFileResponse>;
  readonly InstallSnapshot: Method<raft.InstallSnapshotRequest, raft.InstallSnapshotResponse>;
}

/** `src/wire/` and `dist/wire/` are equally deep: both find the package's own `proto/`. */
const PROTO_ROOT = fileURLToPath(new URL("../../proto/", import.meta.url));

export const LOG_PROTO = "balsa/log/v1/log.proto";
export const ADMIN_PROTO = "balsa/admin/v1/admin.proto";
export const RAFT_PROTO = "balsa/raft/v1/raft.proto";
export const INTERNAL_LOG_PROTO = `internal/${LOG_PROTO}`;

const OPTIONS: Options = { longs: Number, enums: String, defaults: true };

/** Loads one file below `proto/`, once for each set of options. */
export function loadProto(file: string, options: Options = {}): PackageDefinition {
  return loadSync(`${PROTO_ROOT}${file}`, { ...OPTIONS, ...options });
}

/** The call's definition with checks on whatever comes in. */
function checked(method: MethodDefinition<object, object>): Method<object, object> {
  const { requestDeserialize, responseDeserialize } = method;
  return {
    ...method,
    requestDeserialize: receiving(requestDeserialize),
    responseDeserialize(bytes) {
      const message = responseDeserialize(bytes);
      checkNumbers(message);
      return message;
    },
  };
}

function loadService(file: string, name: string): Record<string, Method<object, object>> {
  const service = loadProto(file)[name] as Record<string, MethodDefinition<object, object>>;
  return Object.fromEntries(
    Object.entries(service).map(([method, definition]) => [method, checked(definition)]),
  );
}

let loadedAdmin: AdminService | undefined;
let loadedLog: LogService | undefined;
let loadedRaft: RaftService | undefined;

/** The clients' service for Balsa's own server and client; parsed at the first call. */
export function logService(): LogService {
  loadedLog ??= withPlainCodec(
    loadService(INTERNAL_LOG_PROTO, "balsa.log.v1.Log") as unknown as LogService,
  );
  return loadedLog;
}

/** What travels for every append is encoded and decoded by hand. */
function withPlainCodec(service: LogService): LogService {
  const method = service.AppendStream;
  return {
    ...service,
    AppendStream: {
      ...method,
      requestSerialize: (message) =>
        encodePlainRequest(message) ?? method.requestSerialize(message),
      requestDeserialize: (bytes) => decodePlainRequest(bytes) ?? method.requestDeserialize(bytes),
      responseSerialize: (message) =>
        encodePlainResponse(message) ?? method.responseSerialize(message),
      responseDeserialize: (bytes) =>
        decodePlainResponse(bytes) ?? method.responseDeserialize(bytes),
    },
  };
}

/** The operators' service; parsed at the first call. */
export function adminService(): AdminService {
  loadedAdmin ??= loadService(ADMIN_PROTO, "balsa.admin.v1.Admin") as unknown as AdminService;
  return loadedAdmin;
}

/** The peers' service; parsed at the first call. */
export function raftService(): RaftService {
  loadedRaft ??= loadService(RAFT_PROTO, "balsa.raft.v1.Raft") as unknown as RaftService;
  return loadedRaft;
}

/** The public files as reflection serves them: names as written, so that other languages agree. */
export function publicPackages(): PackageDefinition {
  const keepCase = true;
  return { ...loadProto(LOG_PROTO, { keepCase }), ...loadProto(ADMIN_PROTO, { keepCase }) };
}
