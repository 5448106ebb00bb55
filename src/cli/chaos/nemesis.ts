import { setTimeout as sleep } from "node:timers/promises";
import type { NodeId } from "../../common/brand.ts";
import { type Random, randomInteger, seededRandom } from "../../common/random.ts";
import type { Fault } from "../../sim/history.ts";
import type { ChaosCluster } from "./chaos-cluster.ts";
import { driverMs } from "./driver-clock.ts";
import { FAULTS, type FaultPlan, type RangeMs, type Scenario } from "./scenario.ts";
import { planStrike, type Strike } from "./strike.ts";

/** How long a strike waits for a leader, or for a node that nothing else strikes. */
const LOOK_AGAIN_MS = 100;

export interface NemesisOptions {
  readonly cluster: ChaosCluster;
  readonly scenario: Scenario;
  readonly seed: number;
  /** Aborted: what is in force ends, and nothing new begins. */
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

/** Breaks the cluster as the scenario says. The seed fixes what is drawn, not what comes of it. */
export class Nemesis {
  readonly faults: Fault[] = [];
  readonly #options: NemesisOptions;
  readonly #plans: readonly FaultPlan[];
  readonly #busy = new Set<NodeId>();
  /** Names of faults in force: two of a kind would end each other. */
  readonly #inForce = new Set<string>();

  constructor(options: NemesisOptions) {
    this.#options = options;
    this.#plans = possibleFaults(options.cluster, options.scenario);
  }

  /** Resolves once nothing is in force any more. */
  async run(): Promise<void> {
    const { scenario, seed } = this.#options;
    const hands = Array.from({ length: scenario.atOnce }, (_, hand) =>
      this.#strikeAgainAndAgain(seededRandom(seed + hand)),
    );
    await Promise.all(hands);
  }

  async #strikeAgainAndAgain(random: Random): Promise<void> {
    const { signal, scenario } = this.#options;
    while (!signal.aborted) {
      await this.#rest(draw(random, scenario.calm));
      const plan = this.#plans[randomInteger(random, 0, this.#plans.length - 1)];
      if (plan !== undefined && !signal.aborted) await this.#strike(plan, random);
    }
  }

  async #strike(plan: FaultPlan, random: Random): Promise<void> {
    const { cluster, signal } = this.#options;
    const lastsMs = draw(random, plan.lasts);
    const target = await this.#aim(plan, random);
    if (target === undefined) return this.#rest(LOOK_AGAIN_MS);
    const strike = planStrike({ plan, cluster, target, random });
    const isLink = FAULTS[plan.do].need === "links";
    if (strike.nodes.some((node) => this.#busy.has(node))) return this.#rest(LOOK_AGAIN_MS);
    if (isLink && this.#inForce.has("links")) return this.#rest(LOOK_AGAIN_MS);
    for (const node of strike.nodes) this.#busy.add(node);
    if (isLink) this.#inForce.add("links");
    try {
      if (!signal.aborted) await this.#inflict(plan, target, strike, lastsMs);
    } finally {
      for (const node of strike.nodes) this.#busy.delete(node);
      if (isLink) this.#inForce.delete("links");
    }
  }

  async #inflict(plan: FaultPlan, target: NodeId, strike: Strike, lastsMs: number): Promise<void> {
    const fault = { kind: plan.do, atMs: driverMs(), untilMs: undefined, ...strike.facts };
    const noted: { -readonly [Key in keyof Fault]: Fault[Key] } = fault;
    this.faults.push(noted);
    const whom = plan.do === "kill-all" || plan.do === "ring" ? "" : ` ${target}`;
    this.#options.tell(`${plan.do}${whom} for ${(lastsMs / 1000).toFixed(1)} s`);
    try {
      await strike.begin();
      await this.#rest(lastsMs);
    } finally {
      await strike.end();
      noted.untilMs = driverMs();
    }
  }

  async #aim(plan: FaultPlan, random: Random): Promise<NodeId | undefined> {
    const { cluster } = this.#options;
    const all = cluster.nodes.map(({ nodeId }) => nodeId);
    if (plan.node === "any") return all[randomInteger(random, 0, all.length - 1)];
    const leader = await cluster.leader();
    if (plan.node === "leader" || leader === undefined) return leader;
    const followers = all.filter((nodeId) => nodeId !== leader);
    return followers[randomInteger(random, 0, followers.length - 1)];
  }

  async #rest(ms: number): Promise<void> {
    const { signal } = this.#options;
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}

/** Those of the scenario that this cluster lets be done to it. */
export function possibleFaults(cluster: ChaosCluster, { faults }: Scenario): readonly FaultPlan[] {
  const can = {
    processes: true,
    links: cluster.links !== undefined,
    disks: cluster.disks !== undefined,
  };
  return faults.filter((plan) => can[FAULTS[plan.do].need]);
}

function draw(random: Random, { minMs, maxMs }: RangeMs): number {
  return randomInteger(random, minMs, maxMs);
}
