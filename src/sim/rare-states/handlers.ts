import type { TraceEvent, TraceEventName } from "../../common/trace.ts";
import type { SimHost } from "../host.ts";

/** What a watcher does at the events that it cares for. */
export type Handlers = Readonly<
  Partial<Record<TraceEventName, (event: TraceEvent, host: SimHost) => void>>
>;
