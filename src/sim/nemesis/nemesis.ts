import { type Random, randomInteger, seededRandom } from "../../common/random.ts";
import type { Fault } from "../history.ts";
import type { SimHost } from "../host.ts";
import type { World } from "../world.ts";
import type { FaultFacts, FaultKind, Strike } from "./strike.ts";

/** Worlds whose only fault is one that lasts. */
const LASTING_SHARE = 0.04;

export interface NemesisOptions {
  readonly seed: number;
  readonly kinds: readonly FaultKind[];
  /** Numbers of strikes, counted from 1, that are left out: how a failure is made smaller. */
  readonly skip: ReadonlySet<number>;
}

/** A fault that is still on, and how to end it. */
interface Ongoing {
  fault: Fault;
  readonly end: () => void;
}

/**
 * Breaks the world at random moments, never for good. Each strike has randomness of its own, drawn
 * from the seed and its number, so that one can be left out and the others stay what they were.
 */
export class Nemesis {
  /** How often each kind struck. */
  readonly counts: Record<string, number> = {};
  /** What was broken, in order; what the checkers are told. */
  readonly faults: Fault[] = [];
  readonly #world: World;
  readonly #options: NemesisOptions;
  readonly #kinds: readonly FaultKind[];
  readonly #schedule: Random;
  /** Halts come when they come: what is drawn for them must not move the schedule. */
  readonly #halts: Random;
  readonly #gapMsMax: number;
  readonly #ongoing = new Set<Ongoing>();
  /** What ends when a host's process runs again. */
  readonly #up = new Map<SimHost, (() => void)[]>();
  /** Those that are to stay down for long. */
  readonly #absent = new Set<SimHost>();
  #stopped = false;
  #number = 0;

  constructor(world: World, options: NemesisOptions) {
    this.#world = world;
    this.#options = options;
    this.#schedule = seededRandom(options.seed ^ 0x5eed_0f0e);
    this.#halts = seededRandom(options.seed ^ 0x0a17_5eed);
    this.#gapMsMax = [600, 1500, 4000][randomInteger(this.#schedule, 0, 2)] ?? 1500;
    const lives = world.options.life === true;
    this.#kinds = this.#swarm(options.kinds.filter(({ life }) => lives || life !== true));
    world.watchers.push({
      ending: (host, how) => {
        if (how === "halt") this.#halted(host);
      },
      started: (host) => {
        for (const up of this.#up.get(host) ?? []) up();
        this.#up.delete(host);
      },
    });
    if (this.#kinds[0]?.lasting === true) this.#strikeOnce();
    else this.#strikeOften(options.kinds.find(({ first }) => first === true));
  }

  /** Numbers of the strikes so far. */
  get strikes(): number {
    return this.#number;
  }

  /** Faults stop: what lasts ends, links heal, and every node runs that did not halt for good. */
  stop(): void {
    this.#stopped = true;
    const { network, hosts } = this.#world;
    for (const { end } of [...this.#ongoing]) end();
    network.heal();
    for (const host of hosts) {
      host.disk.clearFaults();
      this.#restart(host);
    }
  }

  /** Whether a disk fault explains that the host's process ended by itself. */
  mayHalt({ nodeId }: SimHost): boolean {
    return this.faults.some((fault) => fault.mayHalt?.includes(nodeId));
  }

  /**
   * Half the worlds know only some of the faults: then those meet each other more often. A few
   * know a single one that lasts.
   */
  #swarm(kinds: readonly FaultKind[]): readonly FaultKind[] {
    const passing = kinds.filter(({ first, lasting }) => lasting !== true && first !== true);
    const lasting = kinds.filter((kind) => kind.lasting === true);
    if (lasting.length === 0) return this.#some(passing);
    const chosen = lasting[randomInteger(this.#schedule, 0, lasting.length - 1)];
    const alone = this.#schedule.next() < LASTING_SHARE || passing.length === 0;
    return alone && chosen !== undefined ? [chosen] : this.#some(passing);
  }

  #some(kinds: readonly FaultKind[]): readonly FaultKind[] {
    if (kinds.length === 0 || this.#schedule.next() < 0.5) return kinds;
    const chosen = kinds.filter(() => this.#schedule.next() < 0.4);
    return chosen.length > 0 ? chosen : kinds;
  }

  /** A cluster that never met could not form: this one begins when it has. */
  #strikeOnce(): void {
    this.#world.time.plan(randomInteger(this.#schedule, 1, 500), () => {
      if (!this.#world.hosts.every(({ node }) => node?.healthy === true)) return this.#strikeOnce();
      this.#number++;
      if (!this.#stopped && !this.#options.skip.has(1)) this.#strike(1);
    });
  }

  #strikeOften(first: FaultKind | undefined): void {
    if (first !== undefined && this.#world.time.nowMs === 0) {
      this.#number++;
      if (!this.#options.skip.has(1)) this.#strike(1, [first]);
    }
    if (this.#kinds.length > 0) this.#plan();
  }

  #plan(): void {
    this.#world.time.plan(randomInteger(this.#schedule, 20, this.#gapMsMax), () => {
      if (this.#stopped) return;
      this.#number++;
      if (!this.#options.skip.has(this.#number)) this.#strike(this.#number);
      this.#plan();
    });
  }

  #strike(number: number, kinds: readonly FaultKind[] = this.#kinds): void {
    const random = seededRandom(Math.imul(this.#options.seed, 0x9e37_79b1) ^ (number * 7919));
    let draw = random.next() * kinds.reduce((sum, { weight }) => sum + weight, 0);
    const kind = kinds.find(({ weight }) => (draw -= weight) < 0) ?? kinds[0];
    if (kind === undefined) return;
    this.#world.tell(`fault ${kind.name}`, undefined, { number });
    this.counts[kind.name] = (this.counts[kind.name] ?? 0) + 1;
    kind.strike(this.#tools(kind.name, random));
  }

  #tools(kind: string, random: Random): Strike {
    const world = this.#world;
    return {
      world,
      random,
      begin: (facts, undo) => this.#begin(kind, facts, undo),
      after: (delayMs, run) =>
        world.time.plan(delayMs, () => {
          if (!this.#stopped) run();
        }),
      down: (host) => this.#down(kind, host),
      restartSoon: (host) => this.#restartSoon(host, random),
      keepDown: (host) => this.#keepDown(host),
      isAbsent: (host) => this.#absent.has(host),
      pass: () => {
        this.counts[kind] = (this.counts[kind] ?? 1) - 1;
      },
    };
  }

  #begin(kind: string, facts: FaultFacts, undo: (() => void) | undefined): () => void {
    const at = this.faults.length;
    const fault = { kind, atMs: this.#world.time.nowMs, ...facts };
    this.faults.push(fault);
    const ongoing: Ongoing = {
      fault,
      end: () => {
        if (!this.#ongoing.delete(ongoing)) return;
        this.faults[at] = { ...fault, untilMs: this.#world.time.nowMs };
        undo?.();
        if (undo !== undefined) this.#world.tell(`end of ${kind}`);
      },
    };
    this.#ongoing.add(ongoing);
    return ongoing.end;
  }

  #down(kind: string, host: SimHost): void {
    const up = this.#begin(kind, { stopped: [host.nodeId] }, undefined);
    this.#up.set(host, [...(this.#up.get(host) ?? []), up]);
  }

  /** A process that a faulty disk ended is started again; any other is left for the verdict. */
  #halted(host: SimHost): void {
    this.#down("halt", host);
    if (this.mayHalt(host)) this.#restartSoon(host, this.#halts);
  }

  #restartSoon(host: SimHost, random: Random): void {
    const longestMs = random.next() < 0.3 ? 50 : 3000;
    this.#world.time.plan(randomInteger(random, 1, longestMs), () => {
      if (!this.#stopped) this.#restart(host);
    });
  }

  #keepDown(host: SimHost): () => void {
    this.#absent.add(host);
    return () => {
      this.#absent.delete(host);
      this.#restart(host);
    };
  }

  #restart(host: SimHost): void {
    if (this.#absent.has(host) && !this.#stopped) return;
    const forGood = host.halted !== undefined && !this.#restartable(host);
    if (!host.life.alive && !forGood) this.#world.start(host);
  }

  /** Disk errors pass; damage and broken invariants do not. */
  #restartable(host: SimHost): boolean {
    return host.halted?.kind === "io" && this.mayHalt(host);
  }
}
