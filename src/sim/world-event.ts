import type { NodeId } from "../common/brand.ts";
import type { TraceEvent, TraceFacts } from "../common/trace.ts";

/** What the world does to the nodes; told between what they tell themselves. */
export interface WorldEvent {
  readonly time: number;
  /** `power loss`, `one-way cut`, `process started` … */
  readonly world: string;
  readonly node?: NodeId | undefined;
  readonly facts?: TraceFacts | undefined;
}

export type StoryEvent = TraceEvent | WorldEvent;

export function isTraceEvent(event: StoryEvent): event is TraceEvent {
  return "event" in event;
}
