import { assert } from "../../../src/common/assert.ts";
import type { NodeId } from "../../../src/common/brand.ts";
import type { Effect, Message, RaftEvent } from "../../../src/raft/index.ts";
import type { Entry, TestDisk } from "./test-disk.ts";
import type { TestNode } from "./test-node.ts";

function same(a: Entry | undefined, b: Entry | undefined): boolean {
  return a !== undefined && b !== undefined && a.term === b.term && a.value === b.value;
}

/**
 * The five properties of Figure 3, which no single node can see, and two that follow from
 * durability being an event: what is committed is on a majority of disks, and a read misses
 * nothing that was committed before it was asked for.
 */
export class ClusterProperties {
  readonly #leaderOf = new Map<number, NodeId>();
  readonly #committed: Entry[] = [];
  readonly #applied = new Map<number, Entry>();
  readonly #readsAskedAt = new Map<string, number>();
  readonly #disks: ReadonlyMap<NodeId, TestDisk>;

  constructor(disks: ReadonlyMap<NodeId, TestDisk>) {
    this.#disks = disks;
  }

  get committedValues(): readonly string[] {
    return this.#committed.map(({ value }) => value);
  }

  stepped(node: TestNode, event: RaftEvent, effects: readonly Effect[]): void {
    if (event.type === "readRequested")
      this.#readsAskedAt.set(`${node.nodeId}/${event.requestId}`, this.#committed.length);
    for (const effect of effects) {
      if (effect.type === "stateChanged" && effect.role === "leader") this.#elected(node);
      if (effect.type === "appendEntries") this.#logMatches(node.disk);
      if (effect.type === "commit") this.#commits(node, effect.index);
      if (effect.type === "installSnapshot" && !effect.keepSuffix)
        this.#installs(node, effect.last.index);
      if (effect.type === "send") this.#claims(node, event, effect.message);
      if (effect.type === "readReady") this.#answers(node, effect.requestId, effect.index);
    }
  }

  #elected({ nodeId, disk, status }: TestNode): void {
    const { currentTerm } = status;
    const other = this.#leaderOf.get(currentTerm) ?? nodeId;
    assert(other === nodeId, `Election Safety: ${other} and ${nodeId} lead term ${currentTerm}`);
    this.#leaderOf.set(currentTerm, nodeId);
    for (const [at, entry] of this.#committed.entries())
      assert(
        same(entry, disk.entries[at]),
        `Leader Completeness: ${nodeId} leads term ${currentTerm} without entry ${at + 1}`,
      );
  }

  /** Equal index and term: equal entries, and equal entries before them. */
  #logMatches(disk: TestDisk): void {
    for (const other of this.#disks.values()) {
      let at = Math.min(disk.entries.length, other.entries.length) - 1;
      while (at >= 0 && disk.entries[at]?.term !== other.entries[at]?.term) at--;
      for (; at >= 0; at--)
        assert(
          same(disk.entries[at], other.entries[at]),
          `Log Matching: two histories under entry ${at + 1}`,
        );
    }
  }

  #commits({ nodeId, disk, applied }: TestNode, index: number): void {
    for (let at = applied; at < index; at++) {
      const entry = disk.entries[at];
      assert(entry !== undefined, `Leader Completeness: ${nodeId} commits what it does not hold`);
      const first = this.#applied.get(at) ?? entry;
      assert(same(first, entry), `State Machine Safety: ${nodeId} applies another entry ${at + 1}`);
      this.#applied.set(at, first);
      if (at === this.#committed.length) this.#isDurable(disk, at, entry);
    }
  }

  /** A follower's copy may have been damaged after it was acknowledged; one's own is known. */
  #isDurable(own: TestDisk, at: number, entry: Entry): void {
    let copies = 0;
    for (const disk of this.#disks.values()) {
      const held = disk.synced[at];
      if (same(held, entry) && !(disk === own && disk.isFaulty(held))) copies++;
    }
    assert(
      copies > this.#disks.size / 2,
      `Durability: entry ${at + 1} is committed on ${copies} disks of ${this.#disks.size}`,
    );
    this.#committed.push(entry);
  }

  /** All of the log goes for it, so no entry may be among it that is known to be committed. */
  #installs({ nodeId, committed }: TestNode, index: number): void {
    assert(
      index > committed,
      `Durability: ${nodeId} installs a snapshot up to ${index} over entries up to ${committed}`,
    );
  }

  /** What was held back until the hard state was durable was true when it was made. */
  #claims({ nodeId, disk }: TestNode, event: RaftEvent, message: Message): void {
    if (message.type !== "AppendEntriesResult" || event.type === "hardStatePersisted") return;
    assert(
      message.matchIndex < (disk.firstFaulty ?? Number.POSITIVE_INFINITY),
      `Durability: ${nodeId} acknowledges entry ${disk.firstFaulty}, which is damaged`,
    );
  }

  #answers({ nodeId }: TestNode, requestId: number, index: number): void {
    const asked = this.#readsAskedAt.get(`${nodeId}/${requestId}`) ?? 0;
    assert(
      index >= asked,
      `Linearizable Reads: ${nodeId} answers ${index}, committed was ${asked}`,
    );
  }
}
