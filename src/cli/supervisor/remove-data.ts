import { rmSync } from "node:fs";
import { join } from "node:path";
import { isOurs } from "../../storage/layout.ts";
import { nodeFileSystem } from "../../storage/node-file-system.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import type { LocalCluster } from "./procfile.ts";

/**
 * Deletes the nodes' data directories; names those that were there.
 * @throws Failure when one holds something else, or FatalError("io") when a process has one:
 *   nothing is deleted then
 */
export async function removeData({ processes }: LocalCluster): Promise<readonly string[]> {
  const present: string[] = [];
  for (const { dataDirectory } of processes) {
    const names = await nodeFileSystem.list(dataDirectory);
    if (names === undefined) continue;
    const foreign = names.find((name) => !isOurs(name));
    if (foreign !== undefined)
      throw new Failure(
        EXIT.io,
        "IO",
        `${join(dataDirectory, foreign)} is not Balsa's`,
        "nothing was deleted",
      );
    present.push(dataDirectory);
  }
  const locks = [];
  for (const directory of present) locks.push(await nodeFileSystem.lock(directory));
  for (const directory of present) rmSync(directory, { recursive: true });
  for (const lock of locks) await lock.release();
  return present;
}
