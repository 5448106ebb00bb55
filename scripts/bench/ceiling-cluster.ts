import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type CeilingProcess, startCeilingNode } from "./child.ts";

/** Size of the ceiling's preallocated file, used in a circle. */
export const PREALLOCATE_MIB = 256;

/** A leader and two followers of the bare pipeline. */
export class CeilingCluster {
  readonly #processes: readonly CeilingProcess[];
  readonly port: number;
  readonly pids: readonly number[];

  private constructor(leader: CeilingProcess, followers: readonly CeilingProcess[]) {
    this.port = leader.port;
    this.pids = [leader, ...followers].map(({ pid }) => pid);
    this.#processes = [leader, ...followers];
  }

  static async start(directory: string, preallocateMib: number): Promise<CeilingCluster> {
    mkdirSync(directory, { recursive: true });
    const mib = String(preallocateMib);
    const followers = await Promise.all(
      ["b", "c"].map((name) => startCeilingNode([join(directory, name), mib])),
    );
    const ports = followers.map(({ port }) => String(port));
    const leader = await startCeilingNode([join(directory, "a"), mib, ...ports]);
    return new CeilingCluster(leader, followers);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop()));
  }
}
