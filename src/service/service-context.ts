import type { Clock } from "../common/clock.ts";
import type { NodeApi } from "../runtime/node-api.ts";
import type { MemberStatus } from "./member-status.ts";
import type { OpenCalls } from "./open-calls.ts";
import type { PendingAppends } from "./pending-appends.ts";
import type { ServiceMetrics } from "./service-metrics.ts";

/** What every handler is given. */
export interface ServiceContext {
  readonly node: NodeApi;
  readonly version: string;
  readonly pending: PendingAppends;
  /** Asks the other members for their status. */
  readonly members: MemberStatus;
  readonly calls: OpenCalls;
  readonly clock: Clock;
  readonly metrics: ServiceMetrics;
}
