import type { NodeId } from "../../common/brand.ts";
import type { TraceEvent } from "../../common/trace.ts";

/** What can be done to the links between nodes. Each link has two directions. */
export interface LinkControl {
  /** Holds back, or lets pass again, what `from` says to `to`. */
  setCut(from: NodeId, to: NodeId, cut: boolean): void;
  /** Makes late what `from` says to `to`; 0: no more. */
  setDelay(from: NodeId, to: NodeId, delayMs: number): void;
  /** Resets every connection between the two. */
  reset(one: NodeId, other: NodeId): void;
}

/** What the disk of one node does from now on; once, where that is all it takes. */
export type DiskFault =
  | { readonly kind: "sync-error" | "no-space" | "short-write" | "hang" | "low-space" }
  | { readonly kind: "slow-sync"; readonly byMs: number };

export interface DiskControl {
  /** `undefined`: the disk is well again. */
  set(nodeId: NodeId, fault: DiskFault | undefined): void;
}

/** A process that ended although nobody asked it to. */
export interface UnaskedEnd {
  readonly nodeId: NodeId;
  /** On the driver's clock. */
  readonly atMs: number;
  /** How, in words: exit code and last line. */
  readonly how: string;
}

export interface ChaosNode {
  readonly nodeId: NodeId;
  /** Where clients reach it. */
  readonly client: string;
}

/** A cluster that may be broken: its processes, and perhaps its links and disks. */
export interface ChaosCluster {
  readonly nodes: readonly ChaosNode[];
  readonly links: LinkControl | undefined;
  readonly disks: DiskControl | undefined;
  /** Who leads, as far as anybody has told. */
  leader(): Promise<NodeId | undefined>;
  isRunning(nodeId: NodeId): Promise<boolean>;
  /** SIGKILL; resolves when the process is gone. */
  kill(nodeId: NodeId): Promise<void>;
  /** Does nothing where the node runs. */
  start(nodeId: NodeId): Promise<void>;
  /** Stops it in good order and starts it again. */
  restart(nodeId: NodeId): Promise<void>;
  pause(nodeId: NodeId): Promise<void>;
  resume(nodeId: NodeId): Promise<void>;
  /** What the nodes told since the run began, times on the driver's clock. */
  trace(): Promise<readonly TraceEvent[]>;
  unaskedEnds(): readonly UnaskedEnd[];
}
