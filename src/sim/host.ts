import type { NodeId } from "../common/brand.ts";
import type { FatalError } from "../common/fatal-error.ts";
import type { LogNode } from "../runtime/log-node.ts";
import type { SimDisk } from "./disk/index.ts";
import type { ProcessGate } from "./process-gate.ts";

/** One boot of a node; a crash ends it, and with it all that it ever scheduled. */
export interface Life {
  alive: boolean;
  /** Clients and peers that wait for this process learn here that it is gone. */
  readonly onEnd: Set<() => void>;
  readonly gate: ProcessGate;
  readonly startedMs: number;
}

/** A place for a node: its disk stays, its processes come and go. */
export interface SimHost {
  readonly nodeId: NodeId;
  readonly disk: SimDisk;
  /** Absent while the process is down. */
  node: LogNode | undefined;
  life: Life;
  /** It won an election and has not stepped down since. */
  leads: boolean;
  /** Why the process ended by itself. */
  halted: FatalError | undefined;
  /** Its disk was replaced by an empty one: it is no voter any more. */
  wiped: boolean;
  /** How far the wall clock is from the world's. */
  wallSkewMs: number;
}

/** Seen from the trace: asking a node for its status costs more. */
export function isLeader(host: SimHost): boolean {
  return host.leads;
}
