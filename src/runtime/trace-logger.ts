import type { Logger } from "pino";
import type { TraceEvent, TraceEventName } from "../common/trace.ts";

/** Where an operator should look twice. */
const LEVELS: Partial<Record<TraceEventName, "warn" | "error" | "debug">> = {
  "node.halted": "error",
  "peer.refused": "warn",
  "leader.steppedDown": "warn",
  "log.truncated": "warn",
  "vote.granted": "debug",
  "vote.refused": "debug",
  "preVote.started": "debug",
};

/** Trace events as log lines: one per state change, the name in the constant field `event`. */
export function logTrace(logger: Logger): (event: TraceEvent) => void {
  return ({ seq, node, term, event, facts }) =>
    logger[LEVELS[event] ?? "info"]({ node, term, seq, event, ...facts }, event);
}
