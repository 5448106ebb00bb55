import { assert } from "../../../src/common/assert.ts";
import type { NodeId } from "../../../src/common/brand.ts";
import type { TestCluster } from "./test-cluster.ts";

/** One thing that happens: which, to whom, and a number for whatever else must be chosen. */
export type Move = readonly [kind: number, node: number, choice: number];

/** Kinds of moves on sound disks, and with damage, repair and full disks among them. */
export const SOUND_KINDS = 64;
export const KINDS = 72;
/** And logs whose prefix goes, and snapshots in its place. */
export const KINDS_WITH_TRIMS = 82;

/**
 * Turns numbers into a schedule: packets arrive in any order, twice or never; disks sync when they
 * like, and rot; nodes crash, restart, lose streams; clients append and read. At the end
 * everything heals.
 */
export class RandomSchedule {
  readonly #cluster: TestCluster;
  #values = 0;
  #reads = 0;
  #wiped = false;
  #rotted = false;

  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
    cluster.startAll();
  }

  move([kind, nodeAt, choice]: Move): void {
    const cluster = this.#cluster;
    const { ids } = cluster;
    const id = ids[nodeAt % ids.length] ?? "n1";
    const other = ids[(nodeAt + 1 + (choice % (ids.length - 1))) % ids.length] ?? "n1";
    if (kind < 24) return this.#deliver(kind < 18 ? 0 : choice);
    if (kind < 26) return this.#loseOrRepeat(choice);
    if (kind < 36) return this.#sync(id);
    if (kind < 40) return void cluster.nodes.get(id)?.answerSent();
    if (kind < 42) return void cluster.nodes.get(id)?.apply();
    if (kind < 45) return this.#wakeEarliest();
    if (kind < 46) return void (cluster.nowMs += choice % 200);
    if (kind < 52) return this.#propose(choice);
    if (kind < 54) return this.#read(id);
    if (kind < 55) return this.#crash(id, choice);
    if (kind < 57) return cluster.start(id);
    if (kind < 58) return cluster.closeStream(id, other);
    if (kind < 60) return cluster.cut(id, other);
    if (kind < 62) return cluster.heal();
    if (kind < 64) return cluster.run(choice % 400);
    if (kind < 67) return this.#rot(id, choice);
    if (kind < 69) return cluster.fetches.ask(id);
    if (kind < 71) return void cluster.fetches.answer(kind < 70 ? 0 : choice);
    if (kind < 72)
      return cluster.nodes.get(id)?.step({ type: "diskSpaceChanged", low: choice % 3 === 0 });
    if (kind < 74) return this.#trim(id, choice);
    if (kind < 78) return void cluster.nodes.get(id)?.answerTransfer(choice % 4 > 0);
    if (kind < 80) return this.#repeatSnapshot();
    return this.#leaveBehind(id, choice);
  }

  #deliver(choice: number): void {
    const { packets } = this.#cluster;
    if (packets.length > 0) this.#cluster.deliver(choice % packets.length);
    // A bag that only grows would make every packet old.
    if (packets.length > 60) packets.splice(0, packets.length - 60);
  }

  #loseOrRepeat(choice: number): void {
    const { packets } = this.#cluster;
    const at = Math.floor(choice / 2) % Math.max(1, packets.length);
    const packet = packets[at];
    if (packet === undefined) return;
    if (choice % 2 === 0) packets.splice(at, 1);
    else packets.push(packet);
  }

  /** Whoever is not heard for a while comes back to logs that begin after its own ends. */
  #leaveBehind(id: NodeId, choice: number): void {
    const cluster = this.#cluster;
    const others = cluster.ids.filter((other) => other !== id);
    for (const other of others) {
      cluster.cut(id, other);
      cluster.cut(other, id);
    }
    this.#propose(choice);
    cluster.run(choice % 500);
    this.#propose(choice);
    cluster.run(100);
    for (const other of others) this.#trim(other, 1);
    cluster.heal();
  }

  #repeatSnapshot(): void {
    const { packets } = this.#cluster;
    const packet = packets.find(({ message }) => message.type === "InstallSnapshot");
    if (packet !== undefined) packets.push(packet);
  }

  #sync(id: NodeId): void {
    const node = this.#cluster.nodes.get(id);
    node?.syncHardState();
    node?.syncLog();
  }

  #wakeEarliest(): void {
    const node = this.#cluster.earliest();
    if (node === undefined) return;
    this.#cluster.nowMs = Math.max(this.#cluster.nowMs, node.deadlineMs);
    node.step({ type: "timedOut" });
  }

  #propose(choice: number): void {
    const values = Array.from({ length: 1 + (choice % 4) }, () => `v${++this.#values}`);
    this.#cluster.leader()?.propose(values);
  }

  #read(id: NodeId): void {
    const node = this.#cluster.nodes.get(id);
    node?.step({ type: "readRequested", requestId: ++this.#reads });
  }

  /**
   * All that is applied may go, also what another disk would have to be mended with: then a
   * snapshot must do, a leader's or, where the log of who is damaged is the longest, a follower's.
   */
  #trim(id: NodeId, choice: number): void {
    const node = this.#cluster.nodes.get(id);
    const durable = this.#cluster.disk(id).synced.length;
    const index = Math.min(node?.applied ?? 0, durable) - (choice % 3 === 0 ? choice % 7 : 0);
    if (index > 0) node?.truncatePrefix(index);
  }

  /** Bits rot, but never at one place on so many disks that no majority was left to repair it. */
  #rot(id: NodeId, choice: number): void {
    const { disks } = this.#cluster;
    const disk = this.#cluster.disk(id);
    if (this.#wiped || disk.synced.length === 0) return;
    const at = disk.synced.length - 1 - (choice % Math.min(5, disk.synced.length));
    if (disk.prev.index > at) return;
    let damaged = 1;
    for (const other of disks.values())
      if (other !== disk && [other.synced[at], other.entries[at]].some((e) => other.isFaulty(e)))
        damaged++;
    if (damaged > (disks.size - 1) / 2) return;
    this.#rotted = true;
    this.#cluster.rot(id, at + 1);
  }

  #crash(id: NodeId, choice: number): void {
    const cluster = this.#cluster;
    const mayWipe = !this.#wiped && !this.#rotted;
    if (choice % 40 === 39 && mayWipe && cluster.ids.length > 2) {
      this.#wiped = true;
      cluster.wipe(id);
    } else cluster.crash(id);
    if (choice % 3 > 0) for (const node of cluster.ids) cluster.closeStream(node, id);
    if (choice % 2 === 0) cluster.start(id);
  }

  /** Faults end: a leader must emerge, take an append and bring it to everybody (liveness). */
  heal(): void {
    const cluster = this.#cluster;
    cluster.heal();
    cluster.startAll();
    cluster.repairsItself = true;
    for (const node of cluster.nodes.values()) node.step({ type: "diskSpaceChanged", low: false });
    cluster.run(2_000);
    const leader = cluster.elect();
    leader.propose(["last"]);
    cluster.run(2_000);
    const wanted = cluster.leader()?.disk.entries;
    assert(cluster.properties.committedValues.includes("last"), "an append is committed");
    for (const { disk, status } of cluster.nodes.values()) {
      assert(status.commitIndex === wanted?.length, "everything is committed everywhere");
      assert(disk.synced.length === wanted.length, "everything is on every disk");
    }
  }
}
