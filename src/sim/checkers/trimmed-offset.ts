import type { RunRecord } from "../history.ts";
import { factOf } from "./cluster-logs.ts";

/** The furthest log start that any node has told of when it applied a trim. */
export function trimmedOffset({ trace }: RunRecord): number {
  let furthest = 0;
  for (const event of trace)
    if (event.event === "log.trimmed")
      furthest = Math.max(furthest, factOf(event, "logStartOffset") ?? 0);
  return furthest;
}
