import type { Body } from "./message.ts";
import type { ReplicatedService } from "./replicated-service.ts";
import type { SegmentView } from "./segment-view.ts";

/** What requests act on. */
export interface RequestContext {
  readonly service: ReplicatedService;
  readonly segments: SegmentView;
}

/** One type of request. */
export interface RequestKind {
  /** Waits for the earlier requests of this lane, whoever sent them. */
  readonly lane?: string;
  /** Answers without the log: no leader is waited for. */
  readonly atOnce?: boolean;
  /** The fields of the answer, beside `type` (the request's, and `_ok`). Rejects: WorkbenchError */
  readonly answer: (context: RequestContext, body: Body) => Promise<Body>;
}

export type RequestTable = Readonly<Record<string, RequestKind>>;
