import type { TraceRequest, TraceResponse } from "../wire/log-messages.ts";
import type { ServiceContext } from "./service-context.ts";

/** `Trace`: what this node's flight recorder holds. */
export function trace(
  { node, clock }: ServiceContext,
  request: TraceRequest,
): Promise<TraceResponse> {
  const events = node
    .trace()
    .filter(({ seq }) => seq > request.afterSeq)
    .map(({ seq, time, term, event, facts }) => {
      return { seq, timeUs: Math.round(time * 1000), term, event, facts: JSON.stringify(facts) };
    });
  const clockZeroUs = Math.round((clock.wallMs() - clock.nowMs()) * 1000);
  return Promise.resolve({ nodeId: node.nodeId, events, clockZeroUs });
}
