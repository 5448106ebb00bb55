import { logVerbosity, Server, setLogVerbosity } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import type { NodeId } from "../common/brand.ts";
import type { Clock } from "../common/clock.ts";
import { MAX_MESSAGE_BYTES } from "../common/limits.ts";
import type { Scheduler } from "../common/scheduler.ts";
import { NodeMetrics } from "../runtime/metrics.ts";
import type { NodeApi } from "../runtime/node-api.ts";
import { systemClock } from "../runtime/system-clock.ts";
import { systemScheduler } from "../runtime/system-scheduler.ts";
import { logService, publicPackages } from "../wire/protos.ts";
import { widenReceiveWindow } from "../wire/receive-window.ts";
import { addAdminService } from "./admin/admin-service.ts";
import { bind } from "./bind.ts";
import { append } from "./append.ts";
import { appendStream } from "./append-stream.ts";
import { NodeHealth } from "./health.ts";
import { LeaderWatch } from "./leader-watch.ts";
import { CLOSE_GRACE_MS, FLOW_CONTROL_WINDOW_BYTES, MAX_CONCURRENT_STREAMS } from "./limits.ts";
import { locate } from "./locate.ts";
import { MemberStatus } from "./member-status.ts";
import { OpenCalls } from "./open-calls.ts";
import { offsets } from "./offsets.ts";
import { PendingAppends } from "./pending-appends.ts";
import { read } from "./read.ts";
import type { ServiceContext } from "./service-context.ts";
import { ServiceMetrics } from "./service-metrics.ts";
import { status } from "./status.ts";
import { tail } from "./tail.ts";
import { trace } from "./trace.ts";
import { unary } from "./unary.ts";

export interface ServiceOptions {
  readonly node: NodeApi;
  /** `host:port`; port 0 takes a free one. Without a host: loopback. */
  readonly listen: string;
  /** Client addresses of all members, asked by `Status` for the whole cluster. */
  readonly members: ReadonlyMap<NodeId, string>;
  readonly version: string;
  /** Where it counts what clients do. Absent: nobody asks. */
  readonly metrics?: NodeMetrics;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: the machine's. */
  readonly scheduler?: Scheduler;
}

export interface Service {
  /** `host:port` that is listened on. */
  readonly address: string;
  /** Ends open calls with `CLOSED`, then closes the port. */
  close(): Promise<void>;
}

/** Channelz keeps a record of every call; compressed messages could be bombs. Both stay off. */
const SERVER_OPTIONS = {
  "grpc.enable_channelz": 0,
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_concurrent_streams": MAX_CONCURRENT_STREAMS,
  // Half-open connections of readers that vanished are found and freed.
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 10_000,
};

/**
 * Serves one node to clients: `balsa.log.v1.Log`, `balsa.admin.v1.Admin`, health and reflection, on
 * one port.
 * @throws FatalError "io" when another program has the port, "config" when the address is no use
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { node, members, version, clock = systemClock } = options;
  const { scheduler = systemScheduler } = options;
  // What goes wrong is told once, by the errors below; the library would print it too.
  setLogVerbosity(logVerbosity.NONE);
  const calls = new OpenCalls();
  const memberStatus = new MemberStatus(members, clock);
  const health = new NodeHealth(node);
  const watch = new LeaderWatch(node, scheduler, (error) => calls.leaderLost(error));
  const server = new Server(SERVER_OPTIONS);
  widenReceiveWindow(server, FLOW_CONTROL_WINDOW_BYTES);
  const pending = new PendingAppends();
  const metrics = new ServiceMetrics(options.metrics ?? new NodeMetrics(), calls);
  const context = { node, version, pending, members: memberStatus, calls, clock, metrics };
  addLogService(server, context);
  addAdminService(server, context);
  health.implementation.addToServer(server);
  new ReflectionService(publicPackages()).addToServer(server);
  const stop = () => {
    health.close();
    watch.close();
    memberStatus.close();
  };
  const address = await bind(server, options.listen).catch((thrown: unknown) => {
    stop();
    throw thrown;
  });
  return {
    address,
    async close() {
      stop();
      calls.close();
      server.drain(address, CLOSE_GRACE_MS);
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    },
  };
}

function addLogService(server: Server, context: ServiceContext): void {
  server.addService(
    { ...logService() },
    {
      Append: unary(context, append),
      AppendStream: appendStream(context),
      Read: unary(context, read),
      Tail: tail(context),
      Offsets: unary(context, offsets),
      Trace: unary(context, trace),
      Locate: unary(context, locate),
      Status: unary(context, status),
    },
  );
}
