import type { NodePorts } from "../../src/runtime/node-options.ts";
import { withoutSync } from "./altered-file-system.ts";

/** A planted bug: a disk that says it has synced, and has not. */
export function withLyingDisk(_nodeId: string, ports: NodePorts): NodePorts {
  return { ...ports, fileSystem: withoutSync(/./, ports.fileSystem) };
}
