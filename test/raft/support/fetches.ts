import type { LogIndex, NodeId, Term } from "../../../src/common/brand.ts";
import type { Entry, TestDisk } from "./test-disk.ts";
import type { TestNode } from "./test-node.ts";

/** One node's answer to another: whether it has the entry that is damaged there. */
interface Reply {
  readonly to: NodeId;
  readonly peer: NodeId;
  readonly index: LogIndex;
  readonly entry: Entry;
  readonly possession: "have" | "dontHave" | "haveFaulty";
  /** The peer's currentTerm on its disk when it looked. */
  readonly term: Term;
}

function possessionOf(disk: TestDisk, index: LogIndex, wanted: Entry): Reply["possession"] {
  // What lies behind a checkpoint was committed: not to have it any more denies nothing.
  if (index <= disk.prev.index) return "haveFaulty";
  const held = disk.entries[index - 1];
  if (held === undefined || held.term !== wanted.term) return "dontHave";
  return disk.isFaulty(held) ? "haveFaulty" : "have";
}

/**
 * Repair as a runner does it: asks everybody who is up, and hears of it at once or later. A leader
 * that asks for what its follower has let go of is given a snapshot instead.
 */
export class Fetches {
  readonly #nodes: ReadonlyMap<NodeId, TestNode>;
  readonly #replies: Reply[] = [];

  constructor(nodes: ReadonlyMap<NodeId, TestNode>) {
    this.#nodes = nodes;
  }

  /** Asks `peers` for the lowest damaged entry of `to`. */
  ask(to: NodeId, peers: Iterable<NodeId> = this.#nodes.keys()): void {
    const disk = this.#nodes.get(to)?.disk;
    const index = disk?.firstFaulty;
    const entry = index === undefined ? undefined : disk?.entries[index - 1];
    if (index === undefined || entry === undefined) return;
    for (const peer of peers) {
      const asked = this.#nodes.get(peer);
      if (peer === to || asked === undefined) continue;
      const { currentTerm: term } = asked.disk.hardState;
      const possession = possessionOf(asked.disk, index, entry);
      if (index <= asked.disk.prev.index) asked.giveSnapshot(to);
      this.#replies.push({ to, peer, index, entry, possession, term });
    }
  }

  /** Hands over one reply, the oldest or any. @returns whether there was one. */
  answer(choice = 0): boolean {
    const at = choice % Math.max(1, this.#replies.length);
    const [reply] = this.#replies.splice(at, 1);
    if (reply === undefined) return false;
    const node = this.#nodes.get(reply.to);
    if (node !== undefined) receive(node, reply);
    return true;
  }

  /** The process that asked is gone. */
  forget(to: NodeId): void {
    const others = this.#replies.filter((reply) => reply.to !== to);
    this.#replies.splice(0, this.#replies.length, ...others);
  }
}

function receive(node: TestNode, { entry, index, peer, possession, term }: Reply): void {
  if (possession === "have" && node.disk.entries[index - 1] === entry) {
    node.disk.repair(entry);
    node.tellFaulty();
  } else if (possession === "dontHave")
    node.step({ type: "entryMissing", peer, term, entry: { index, term: entry.term } });
}
