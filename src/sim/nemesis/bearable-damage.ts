import { nameOf } from "../../storage/layout.ts";
import type { SimHost } from "../host.ts";
import type { World } from "../world.ts";

/**
 * What damage a cluster can mend, and therefore must (docs/repair.md): an entry's frame and its row
 * lie apart and are not both lost on one node, some node has it whole, and of a record's two files
 * one is intact. More than that is the matrix' to judge, where a safe halt is an answer.
 *
 * Half of the worlds damage the files of one node; in the others every segment has a node of its
 * own whose copy is struck, so that all nodes are damaged at different entries.
 */
export function isBearable(world: World, host: SimHost, path: string): boolean {
  if (hasLostDisk(world)) return false;
  const name = nameOf(path);
  const dot = name.lastIndexOf(".");
  const [stem, kind] = [name.slice(0, dot), name.slice(dot + 1)];
  if (kind === "0" || kind === "1") return kind === `${draw(world, host.nodeId) & 1}`;
  const struck = isScattered(world) ? draw(world, stem) >>> 1 : draw(world, "victim");
  const file = (draw(world, stem) & 1) === 0 ? "log" : "index";
  return kind === file && world.hosts[struck % world.hosts.length] === host;
}

/**
 * Checkpoints are written anew where the log can say what was in them; the one where it begins, and
 * what is compacted, are mended from another node (docs/repair.md). Without any checkpoint a node
 * ends for good, and a wiped disk is the way on. So only the files of one node are struck, and its
 * end must not be the cluster's.
 */
export function mayLoseSnapshots(world: World, host: SimHost): boolean {
  return !hasLostDisk(world) && mayEndForGood(world, host);
}

/** Somebody is no voter any more: nothing else may be lost. */
function hasLostDisk({ hosts }: World): boolean {
  return hosts.some(({ wiped }) => wiped);
}

/** Whether the node may halt and stay down: the others must then be able to go on without it. */
export function mayEndForGood(world: World, host: SimHost): boolean {
  return !isScattered(world) && world.hosts[draw(world, "victim") % world.hosts.length] === host;
}

function isScattered(world: World): boolean {
  return (draw(world, "scattered") & 1) === 1;
}

/** A number that is the same for `what` throughout the world (FNV-1a). */
function draw({ seed }: World, what: string): number {
  let hash = 0x811c_9dc5 ^ seed;
  for (const character of `${what}:${seed}`) {
    hash ^= character.codePointAt(0) ?? 0;
    hash = Math.imul(hash, 0x0100_0193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}
