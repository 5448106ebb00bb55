import { assert } from "../../../src/common/assert.ts";
import type { NodeId } from "../../../src/common/brand.ts";
import type { Effect, Raft, RaftConfig, RaftEvent } from "../../../src/raft/index.ts";
import { ClusterProperties } from "./cluster-properties.ts";
import { Fetches } from "./fetches.ts";
import { raftConfig } from "./raft-config.ts";
import { TestDisk } from "./test-disk.ts";
import { type Packet, TestNode, type World } from "./test-node.ts";

export interface TestClusterOptions {
  readonly config?: Partial<RaftConfig> | undefined;
  readonly seed?: number | undefined;
  readonly RaftClass?: typeof Raft | undefined;
  readonly checked?: boolean | undefined;
  readonly onStep?: (node: TestNode, event: RaftEvent, effects: readonly Effect[]) => void;
}

/** Nothing takes that many messages within one moment, unless two nodes talk without end. */
const MAX_DELIVERED = 5_000;

/**
 * Cores, disks and a bag of packets; nothing moves unless a test moves it. Each node's steps are
 * checked against the core's invariants, all of them together against Figure 3.
 */
export class TestCluster {
  readonly ids: readonly NodeId[];
  readonly disks = new Map<NodeId, TestDisk>();
  readonly nodes = new Map<NodeId, TestNode>();
  readonly properties: ClusterProperties;
  /** On their way, oldest first. */
  packets: Packet[] = [];
  nowMs = 0;
  readonly fetches: Fetches;
  /** Whether damage is repaired as time goes by, or only where a test says so. */
  repairsItself = false;
  readonly #options: TestClusterOptions;
  readonly #world: World;
  readonly #wiped = new Set<NodeId>();
  readonly #cutLinks = new Set<string>();
  #boots = 0;

  constructor(ids: readonly NodeId[], options: TestClusterOptions = {}) {
    this.ids = ids;
    this.#options = options;
    for (const id of ids) this.disks.set(id, new TestDisk());
    this.fetches = new Fetches(this.nodes);
    this.properties = new ClusterProperties(this.disks);
    this.#world = {
      nowMs: () => this.nowMs,
      send: (packet) => {
        if (!this.#cutLinks.has(`${packet.from}>${packet.to}`)) this.packets.push(packet);
      },
      stepped: (node, event, effects) => {
        options.onStep?.(node, event, effects);
        this.properties.stepped(node, event, effects);
      },
    };
  }

  node(id: NodeId): TestNode {
    const node = this.nodes.get(id);
    assert(node !== undefined, `${id} is up`);
    return node;
  }

  disk(id: NodeId): TestDisk {
    const disk = this.disks.get(id);
    assert(disk !== undefined, `${id} has a disk`);
    return disk;
  }

  start(id: NodeId): void {
    if (this.nodes.has(id)) return;
    const { config, seed = 1, RaftClass, checked } = this.#options;
    const mayVote = config?.mayVote !== false && !this.#wiped.has(id);
    const node = new TestNode({
      config: raftConfig(id, this.ids, { ...config, mayVote }),
      disk: this.disk(id),
      world: this.#world,
      seed: seed * 1000 + this.#boots++,
      RaftClass,
      checked,
    });
    this.nodes.set(id, node);
    node.start();
    for (const peer of this.#wiped)
      if (peer !== id) node.step({ type: "peerAdmitted", peer, admitted: false });
  }

  startAll(): void {
    for (const id of this.ids) this.start(id);
  }

  /** The process is gone, and with it all that was not synced; the others see its streams close. */
  crash(id: NodeId): void {
    if (!this.nodes.delete(id)) return;
    this.fetches.forget(id);
    this.disk(id).crash();
  }

  /** The disk is replaced: from now on this node is no voter, and everybody is told. */
  wipe(id: NodeId): void {
    this.crash(id);
    this.disk(id).wipe();
    this.#wiped.add(id);
    for (const node of this.nodes.values())
      node.step({ type: "peerAdmitted", peer: id, admitted: false });
  }

  /** What was synced at `index` gives back other bytes from now on. */
  rot(id: NodeId, index: number): void {
    const disk = this.disk(id);
    const entry = disk.synced[index - 1];
    if (index <= disk.prev.index) return;
    if (entry === undefined || entry !== disk.entries[index - 1]) return;
    disk.rot(entry);
    this.nodes.get(id)?.tellFaulty();
  }

  /** Whoever has damage asks the others for it, once. */
  repair(): void {
    for (const id of this.nodes.keys()) this.fetches.ask(id);
    while (this.fetches.answer());
    this.settle();
  }

  closeStream(id: NodeId, peer: NodeId): void {
    this.nodes.get(id)?.step({ type: "streamClosed", peer });
  }

  /** Packets from `from` to `to` vanish, also those on their way. */
  cut(from: NodeId, to: NodeId): void {
    this.#cutLinks.add(`${from}>${to}`);
    this.packets = this.packets.filter((packet) => packet.from !== from || packet.to !== to);
  }

  heal(): void {
    this.#cutLinks.clear();
  }

  /** Takes the packet at `at` out of the bag and hands it over, if anybody is there. */
  deliver(at: number): void {
    const [packet] = this.packets.splice(at, 1);
    if (packet !== undefined) this.nodes.get(packet.to)?.receive(packet);
  }

  /** Disks sync and packets arrive, in order, until nothing is left to do at this moment. */
  settle(): void {
    let delivered = 0;
    for (let quiet = false; !quiet; ) {
      quiet = true;
      for (const node of this.nodes.values()) while (node.settle()) quiet = false;
      while (this.packets.length > 0) {
        assert(delivered++ < MAX_DELIVERED, "the cluster comes to rest");
        this.deliver(0);
        quiet = false;
      }
    }
  }

  /** Moves the clock on, settling at every deadline on the way. */
  run(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    for (;;) {
      this.settle();
      if (this.repairsItself) this.repair();
      const next = this.earliest();
      if (next === undefined || next.deadlineMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, next.deadlineMs);
      next.step({ type: "timedOut" });
    }
    this.nowMs = untilMs;
  }

  /** The node that wants to be woken first. */
  earliest(): TestNode | undefined {
    let first: TestNode | undefined;
    for (const node of this.nodes.values())
      if (first === undefined || node.deadlineMs < first.deadlineMs) first = node;
    return first?.deadlineMs === Number.POSITIVE_INFINITY ? undefined : first;
  }

  leader(): TestNode | undefined {
    let newest: TestNode | undefined;
    for (const node of this.nodes.values()) {
      if (node.status.role !== "leader") continue;
      if (newest === undefined || node.status.currentTerm > newest.status.currentTerm)
        newest = node;
    }
    return newest;
  }

  elect(): TestNode {
    for (let tries = 0; tries < 100; tries++) {
      this.run(100);
      const leader = this.leader();
      if (leader?.status.ready === true) return leader;
    }
    throw new Error("no leader within 100 tries");
  }
}
