import { type Random, randomInteger } from "../common/random.ts";
import type { SimHost, World } from "./world.ts";

/** How often each kind of fault struck: an empty list would prove nothing. */
export type FaultCounts = Record<string, number>;

/** Breaks the world at random moments, never for good. */
export class Nemesis {
  readonly counts: FaultCounts = {};
  readonly #world: World;
  readonly #random: Random;
  #stopped = false;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.fork();
    this.#plan();
  }

  /** Faults stop: links heal and every node runs again. */
  stop(): void {
    this.#stopped = true;
    const { network, hosts } = this.#world;
    network.heal();
    network.faults = { loss: 0, delayMsMin: 0.1, delayMsMax: 1 };
    for (const host of hosts) if (!host.life.alive) this.#world.start(host);
  }

  #plan(): void {
    this.#world.time.plan(randomInteger(this.#random, 50, 900), () => {
      if (this.#stopped) return;
      this.#strike();
      this.#plan();
    });
  }

  #strike(): void {
    const faults: readonly [string, number, () => void][] = [
      ["power loss", 3, () => this.#stopNode("power")],
      ["power loss of all", 1, () => this.#powerLossOfAll()],
      ["kill", 2, () => this.#stopNode("kill")],
      ["restart", 6, () => this.#restartOne()],
      ["isolate", 3, () => this.#isolate(true)],
      ["one-way cut", 2, () => this.#isolate(false)],
      ["heal", 4, () => this.#world.network.heal()],
      ["lossy network", 1, () => this.#weather(0.1, 20)],
      ["slow network", 1, () => this.#weather(0, 300)],
      ["good network", 2, () => this.#weather(0, 1)],
    ];
    let draw = this.#random.next() * faults.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight, strike] of faults) {
      draw -= weight;
      if (draw >= 0) continue;
      this.counts[name] = (this.counts[name] ?? 0) + 1;
      return strike();
    }
  }

  #pick(hosts: readonly SimHost[]): SimHost | undefined {
    return hosts[randomInteger(this.#random, 0, hosts.length - 1)];
  }

  #stopNode(how: "power" | "kill"): void {
    const host = this.#pick(this.#world.running);
    if (host === undefined) return;
    if (how === "power") this.#world.crash(host);
    else this.#world.kill(host);
    this.#restartSoon(host);
  }

  #powerLossOfAll(): void {
    for (const host of [...this.#world.running]) {
      this.#world.crash(host);
      this.#restartSoon(host);
    }
  }

  #restartSoon(host: SimHost): void {
    this.#world.time.plan(randomInteger(this.#random, 1, 3000), () => this.#restart(host));
  }

  #restartOne(): void {
    const host = this.#pick(this.#world.hosts.filter(({ life }) => !life.alive));
    if (host !== undefined) this.#restart(host);
  }

  #restart(host: SimHost): void {
    if (!this.#stopped && !host.life.alive && host.halted === undefined) this.#world.start(host);
  }

  #isolate(bothWays: boolean): void {
    const host = this.#pick(this.#world.hosts);
    if (host === undefined) return;
    for (const other of this.#world.hosts) {
      if (other === host) continue;
      this.#world.network.cut(host.nodeId, other.nodeId);
      if (bothWays) this.#world.network.cut(other.nodeId, host.nodeId);
    }
  }

  #weather(loss: number, delayMsMax: number): void {
    this.#world.network.faults = { loss, delayMsMin: 0.1, delayMsMax };
  }
}
