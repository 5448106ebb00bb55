import type { NodeId } from "../common/brand.ts";
import type { FatalError } from "../common/fatal-error.ts";
import { type Random, randomInteger, seededRandom } from "../common/random.ts";
import type { TraceEvent } from "../common/trace.ts";
import { LogNode } from "../runtime/log-node.ts";
import type { NodeOptions, NodePorts } from "../runtime/node-options.ts";
import { type CrashPolicy, randomFates, SimDisk } from "./disk/index.ts";
import { SimNetwork } from "./network.ts";
import { SimTransport } from "./sim-transport.ts";
import { settlePromises } from "./turn.ts";
import { VirtualTime } from "./virtual-time.ts";

/** A place for a node: its disk stays, its processes come and go. */
export interface SimHost {
  readonly nodeId: NodeId;
  readonly disk: SimDisk;
  /** Absent while the process is down. */
  node: LogNode | undefined;
  /** One per boot; a crash ends it, and with it all that it ever scheduled. */
  life: { alive: boolean };
  /** Why the process ended by itself. */
  halted: FatalError | undefined;
}

export interface WorldOptions {
  readonly nodes: number;
  readonly segmentBytes: number;
  /** Lets a test put a planted fault between a node and its world. */
  readonly ports?: (nodeId: NodeId, ports: NodePorts) => NodePorts;
}

/** Production nodes in a world drawn from one seed: same seed, same run, byte for byte. */
export class World {
  readonly time = new VirtualTime();
  readonly random: Random;
  readonly network: SimNetwork;
  readonly hosts: readonly SimHost[];
  readonly trace: TraceEvent[] = [];
  readonly #options: WorldOptions;

  constructor(seed: number, options: WorldOptions) {
    this.#options = options;
    this.random = seededRandom(seed);
    this.network = new SimNetwork(this.time, this.fork());
    const names = Array.from({ length: options.nodes }, (_, i) => `n${i + 1}`);
    this.hosts = names.map((nodeId) => {
      const scheduler = this.time.scheduler(() => true);
      const disk = new SimDisk({ scheduler, random: this.fork() });
      return { nodeId, disk, node: undefined, life: { alive: false }, halted: undefined };
    });
  }

  get running(): readonly SimHost[] {
    return this.hosts.filter((host) => host.life.alive);
  }

  /** Boots a node on what its disk holds. A boot that fails is told in `host.halted`. */
  start(host: SimHost): void {
    const life = { alive: true };
    host.life = life;
    host.halted = undefined;
    const halt = (error: FatalError) => {
      if (!life.alive) return;
      this.#end(host);
      host.disk.kill();
      host.halted = error;
    };
    const ports = this.#ports(host, life, halt);
    LogNode.start(this.#nodeOptions(host.nodeId), ports).then(
      (node) => {
        if (life.alive) host.node = node;
      },
      (error: unknown) => halt(error as FatalError),
    );
  }

  /** SIGKILL: the page cache survives. */
  kill(host: SimHost): void {
    this.#end(host);
    host.disk.kill();
  }

  /** Power loss: what was not synced is lost, kept or torn. */
  crash(host: SimHost, policy: CrashPolicy = randomFates(this.random)): void {
    this.#end(host);
    host.disk.crash(policy);
  }

  /** Lets the world run until `done`, for `maxMs` of its own time at most; tells whether it got there. */
  async runUntil(done: () => boolean, maxMs: number): Promise<boolean> {
    const endMs = this.time.nowMs + maxMs;
    while (this.time.nowMs < endMs) {
      await settlePromises();
      if (done()) return true;
      if (!this.time.advance()) return done();
    }
    return false;
  }

  /** Randomness of its own, drawn from the seed, so that one part's draws do not disturb another's. */
  fork(): Random {
    return seededRandom(randomInteger(this.random, 0, 0x7fff_ffff));
  }

  #end(host: SimHost): void {
    host.life.alive = false;
    host.node = undefined;
    this.network.detach(host.nodeId);
  }

  #ports(host: SimHost, life: { alive: boolean }, halt: NodePorts["halt"]): NodePorts {
    const ports: NodePorts = {
      clock: this.time.clock(randomInteger(this.random, -500, 500)),
      scheduler: this.time.scheduler(() => life.alive),
      random: this.fork(),
      fileSystem: host.disk.mount(),
      transport: new SimTransport(this.network, host.nodeId),
      trace: (event) => {
        if (life.alive) this.trace.push(event);
      },
      traceDetails: true,
      halt,
    };
    return this.#options.ports?.(host.nodeId, ports) ?? ports;
  }

  #nodeOptions(nodeId: NodeId): NodeOptions {
    const names = this.hosts.map((host) => host.nodeId);
    return {
      nodeId,
      dataDirectory: "data",
      voters: names,
      clientAddresses: new Map(names.map((name) => [name, name])),
      electionTimeoutMsMin: 500,
      electionTimeoutMsMax: 1000,
      heartbeatIntervalMs: 50,
      maxInflightMessages: 16,
      maxInflightBytes: 1 << 20,
      maxAppendEntriesBytes: 16 << 10,
      maxUncommittedBytes: 1 << 20,
      settings: { segmentBytes: this.#options.segmentBytes, segmentMs: undefined },
    };
  }
}
