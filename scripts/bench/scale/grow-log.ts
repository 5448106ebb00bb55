/** A process of its own: its memory is nobody's figure. usage: grow-log JSON */
import { adoptLog, type StoppedNode } from "./log-adoption.ts";
import { growLog } from "./log-growth.ts";
import type { LogShape } from "./log-shape.ts";

/** The first node's log grows to `bytes`; the others get the same. */
export interface GrowTask {
  readonly nodes: readonly StoppedNode[];
  readonly bytes: number;
  readonly shape: LogShape;
}

const { nodes, bytes, shape } = JSON.parse(process.argv[2] ?? "{}") as GrowTask;
const [first, ...others] = nodes;
if (first !== undefined) {
  await growLog({ ...first, bytes, shape });
  for (const other of others) await adoptLog(first, other);
}
