import type { NodeId } from "../common/brand.ts";
import type { FatalError } from "../common/fatal-error.ts";
import { type Random, randomInteger, seededRandom } from "../common/random.ts";
import type { TraceEvent, TraceFacts } from "../common/trace.ts";
import { InvariantChecker } from "../raft/index.ts";
import { LogNode } from "../runtime/log-node.ts";
import type { NodePorts } from "../runtime/node-options.ts";
import { InflatingFileSystem } from "../storage/compression/inflating-file-system.ts";
import type { FileSystem } from "../storage/file-system.ts";
import { type BoundarySide, type CrashPolicy, SimDisk } from "./disk/index.ts";
import type { Life, SimHost } from "./host.ts";
import { SimNetwork } from "./network.ts";
import { ProcessGate } from "./process-gate.ts";
import { SimTransport } from "./sim-transport.ts";
import { stepByStep } from "./turn.ts";
import { VirtualTime } from "./virtual-time.ts";
import type { StoryEvent } from "./world-event.ts";
import { nodeOptions, type WorldOptions } from "./world-options.ts";

/** Who watches a world; none of it may change anything. */
export interface Watcher {
  traced?(event: TraceEvent, host: SimHost): void;
  /** A process is about to end, by `how`; the host is still as it was. */
  ending?(host: SimHost, how: Ending): void;
  started?(host: SimHost): void;
  /** The host, which is down, has an empty disk now. */
  wiped?(host: SimHost): void;
  /** A process is about to end just before or after the disk operation `label`. */
  ambushed?(host: SimHost, side: BoundarySide, label: string): void;
}

/** How often a condition is looked at: it may cost more than what happens in between. */
const LOOK_EVERY_MS = 5;

export type Ending = "kill" | "power loss" | "halt";

/** Production nodes in a world drawn from one seed: same seed, same run, byte for byte. */
export class World {
  readonly time = new VirtualTime();
  readonly random: Random;
  readonly network: SimNetwork;
  readonly hosts: readonly SimHost[];
  /** All that happened, in order: what nodes told, and what was done to them. */
  readonly story: StoryEvent[] = [];
  readonly trace: TraceEvent[] = [];
  readonly watchers: Watcher[] = [];
  readonly options: WorldOptions;
  readonly seed: number;
  /** Lets a watcher see what becomes of unsynced writes. */
  fates: (policy: CrashPolicy) => CrashPolicy = (policy) => policy;
  readonly #randoms = new Map<NodeId, Random>();

  constructor(seed: number, options: WorldOptions) {
    this.options = options;
    this.seed = seed;
    this.random = seededRandom(seed);
    this.network = new SimNetwork(this.time, this.fork());
    const names = Array.from({ length: options.nodes }, (_, i) => `n${i + 1}`);
    this.hosts = names.map((nodeId) => this.#host(nodeId));
  }

  get running(): readonly SimHost[] {
    return this.hosts.filter((host) => host.life.alive);
  }

  /** Somebody sends without end: the world stands still, so that this can be said of it. */
  get flooded(): boolean {
    return this.network.rate.flood !== undefined;
  }

  /** Boots a node on what its disk holds. A boot that fails is told in `host.halted`. */
  start(host: SimHost): void {
    const life = this.#life(true);
    host.life = life;
    host.halted = undefined;
    this.tell("process started", host);
    for (const watcher of this.watchers) watcher.started?.(host);
    const halt = (error: FatalError) => {
      if (!life.alive) return;
      host.halted = error;
      this.#end(host, "halt");
      host.disk.kill();
      this.tell("process halted", host, { kind: error.kind, reason: error.message });
    };
    const names = this.hosts.map(({ nodeId }) => nodeId);
    const options = nodeOptions(host.nodeId, names, this.options);
    LogNode.start(options, this.#ports(host, life, halt)).then(
      (node) => {
        if (life.alive) host.node = node;
      },
      (error: unknown) => halt(error as FatalError),
    );
  }

  /** SIGKILL: the page cache survives. */
  kill(host: SimHost): void {
    this.#end(host, "kill");
    host.disk.kill();
  }

  /** Power loss: what was not synced is lost, kept or torn. */
  crash(host: SimHost, policy: CrashPolicy): void {
    this.#end(host, "power loss");
    host.disk.crash(this.fates(policy));
  }

  /** Lets the world run for `ms` of its own time. */
  async runFor(ms: number): Promise<void> {
    await this.runUntil(() => false, ms);
  }

  /** Lets the world run until `done`, for `maxMs` at most; tells whether it got there. */
  async runUntil(done: () => boolean, maxMs: number): Promise<boolean> {
    const endMs = this.time.nowMs + maxMs;
    let lookAgainMs = 0;
    let reached = false;
    await stepByStep(() => {
      const { nowMs } = this.time;
      if (nowMs >= lookAgainMs || nowMs >= endMs) {
        reached = done();
        lookAgainMs = nowMs + LOOK_EVERY_MS;
      }
      return !reached && nowMs < endMs && !this.flooded && this.time.advance();
    });
    return reached;
  }

  /** Randomness of its own, so that one part's draws do not disturb another's. */
  fork(): Random {
    return seededRandom(randomInteger(this.random, 0, 0x7fff_ffff));
  }

  /** The wall time that a host believes in. */
  wallMs(host: SimHost): number {
    return this.time.clock(() => host.wallSkewMs).wallMs();
  }

  /** Something was done to a host, or to all of the world. */
  tell(world: string, host?: SimHost, facts?: TraceFacts): void {
    this.story.push({ time: this.time.nowMs, world, node: host?.nodeId, facts });
  }

  #host(nodeId: NodeId): SimHost {
    this.#randoms.set(nodeId, this.fork());
    const gate = (run: () => void) => host.life.gate.pass(run);
    const host: SimHost = {
      nodeId,
      disk: new SimDisk({
        random: this.fork(),
        after: (delayMs, run) => this.time.plan(delayMs, run, gate),
      }),
      node: undefined,
      leads: false,
      life: this.#life(false),
      halted: undefined,
      wiped: false,
      wallSkewMs: randomInteger(this.random, -500, 500),
    };
    return host;
  }

  #life(alive: boolean): Life {
    const gate = new ProcessGate(this.time);
    return { alive, onEnd: new Set(), gate, startedMs: this.time.nowMs };
  }

  #end(host: SimHost, how: Ending): void {
    for (const watcher of this.watchers) watcher.ending?.(host, how);
    if (how !== "halt") this.tell(how, host);
    const { life } = host;
    life.alive = false;
    host.node = undefined;
    host.leads = false;
    this.network.detach(host.nodeId);
    for (const ended of [...life.onEnd]) ended();
    life.onEnd.clear();
  }

  /** Looking whether files are compressed takes reads, and so moments and draws. */
  #mounted({ disk }: SimHost): FileSystem {
    const mount = disk.mount();
    return this.options.compression === true ? new InflatingFileSystem(mount) : mount;
  }

  #ports(host: SimHost, life: Life, halt: NodePorts["halt"]): NodePorts {
    const random = this.#randoms.get(host.nodeId) ?? this.random;
    const ports: NodePorts = {
      clock: this.time.clock(() => host.wallSkewMs),
      scheduler: this.time.gated(
        () => life.alive,
        (run) => life.gate.pass(run),
      ),
      random: seededRandom(randomInteger(random, 0, 0x7fff_ffff)),
      fileSystem: this.#mounted(host),
      transport: new SimTransport(this.network, host.nodeId, life.gate),
      trace: (event) => {
        if (!life.alive) return;
        this.story.push(event);
        this.trace.push(event);
        if (event.event === "election.won") host.leads = true;
        else if (event.event === "leader.steppedDown") host.leads = false;
        for (const watcher of this.watchers) watcher.traced?.(event, host);
      },
      traceDetails: true,
      observe: (unstarted) => {
        const invariants = new InvariantChecker(unstarted);
        return (event, effects, after) => invariants.stepped(event, effects, after);
      },
      halt,
    };
    return this.options.ports?.(host.nodeId, ports) ?? ports;
  }
}
