import { cpSync, linkSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "#dist/common/random.js";
import { openDataDirectory } from "#dist/storage/index.js";
import { nodeFileSystem } from "#dist/storage/node-file-system.js";

export interface StoppedNode {
  readonly dataDirectory: string;
  readonly nodeId: string;
}

/**
 * Gives a stopped node of the same cluster the log of another. Files that nobody writes any more
 * are shared (hard links): three logs of 10 GB take the disk of one. Two newest segments are
 * copied: recovery writes in them.
 */
export async function adoptLog(from: StoppedNode, to: StoppedNode): Promise<void> {
  for (const folder of ["log", "snapshots"]) {
    const [source, target] = [join(from.dataDirectory, folder), join(to.dataDirectory, folder)];
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target);
    const names = readdirSync(source).sort();
    for (const [at, name] of names.entries())
      if (at < names.length - 4) linkSync(join(source, name), join(target, name));
      else cpSync(join(source, name), join(target, name));
  }
  const { currentTerm, firstSegment, activeSegment, snapshot } = await manifestOf(from);
  const data = await open(to);
  try {
    const later = Math.max(currentTerm, data.hardState.current.currentTerm) as typeof currentTerm;
    const { votedFor, currentTerm: known } = data.hardState.current;
    await data.hardState.update({
      ...{ firstSegment, activeSegment, snapshot, currentTerm: later },
      votedFor: later === known ? votedFor : undefined,
    });
  } finally {
    await data.close();
  }
}

async function manifestOf(node: StoppedNode) {
  const data = await open(node);
  const { current } = data.hardState;
  await data.close();
  return current;
}

function open({ dataDirectory, nodeId }: StoppedNode) {
  return openDataDirectory(nodeFileSystem, dataDirectory, { nodeId, random: seededRandom(1) });
}
