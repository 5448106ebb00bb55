import type { NodePorts } from "../runtime/node-options.ts";

/** The world of a node whose network is standard input and output. */
export interface AdapterPorts extends Omit<NodePorts, "transport"> {
  /** Puts one line on the network. */
  readonly write: (line: string) => void;
  /** What has no place in the protocol: for the log. */
  readonly complain: (problem: string) => void;
  /** Where the node of this name keeps its data. */
  readonly dataDirectoryOf: (nodeId: string) => string;
}
