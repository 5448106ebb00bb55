import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeId } from "../../common/brand.ts";
import type { DiskControl, DiskFault } from "./chaos-cluster.ts";

/** Names the file that the shim in the node looks at. */
export const SWITCH_VARIABLE = "CHAOS_DISK_SWITCH";

/** What the file holds. What happens once happens once for each number. */
export interface DiskSwitch {
  readonly number: number;
  readonly fault: DiskFault;
}

/** One switch file a node, in a directory of the driver's. */
export class DiskSwitches implements DiskControl {
  readonly #directory: string;
  #number = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  pathOf(nodeId: NodeId): string {
    return join(this.#directory, `${nodeId}.disk.json`);
  }

  set(nodeId: NodeId, fault: DiskFault | undefined): void {
    const path = this.pathOf(nodeId);
    if (fault === undefined) return rmSync(path, { force: true });
    const contents: DiskSwitch = { number: ++this.#number, fault };
    writeFileSync(`${path}.partial`, JSON.stringify(contents));
    renameSync(`${path}.partial`, path);
  }
}
