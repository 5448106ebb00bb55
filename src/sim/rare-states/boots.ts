import type { NodeId } from "../../common/brand.ts";
import type { TraceEvent, TraceEventName } from "../../common/trace.ts";
import type { SimHost } from "../host.ts";
import type { Ending, Watcher, World } from "../world.ts";
import type { CountRareState, RareState } from "./names.ts";

/** What a node says it found and mended at boot. */
const NOTES: readonly (readonly [RegExp, RareState])[] = [
  [/never acknowledged/, "boot.tornTailCut"],
  [/unfinished footer/, "boot.unfinishedFooterCut"],
  [/they had no rows/, "boot.tailRewritten"],
  [/missing rows/, "boot.rowsAdded"],
  [/first entry was never written/, "boot.emptySegmentDropped"],
  [/not named by the hard state/, "boot.leftoverRemoved"],
  [/hard-state\.\d was/, "boot.hardStateHealed"],
  [/identity\.\d was/, "boot.identityHealed"],
  [/first start .* cut short/, "boot.firstStartBegunAgain"],
];

/** Events that are a rare state by themselves. */
const TOLD: Partial<Readonly<Record<TraceEventName, RareState>>> = {
  "entry.damaged": "entry.damaged",
  "entry.repaired": "entry.repaired",
  "entry.discarded": "entry.discarded",
  "segment.rebuilt": "segment.rebuilt",
  "scrub.passed": "scrub.passed",
  "peer.forgot": "peer.forgot",
  "disk.low": "disk.full",
  "disk.recovered": "disk.fullResumed",
  "disk.stalled": "disk.stalled",
};

/** Processes that begin and end, and what they find on the way up. */
export class BootStates implements Watcher {
  readonly #world: World;
  readonly #count: CountRareState;
  readonly #ready = new Set<NodeId>();
  readonly #formed = new Set<NodeId>();
  readonly #boots = new Map<NodeId, number>();
  /** How many times in a row a node's process ended in recovery. */
  readonly #cutShort = new Map<NodeId, number>();

  constructor(world: World, count: CountRareState) {
    this.#world = world;
    this.#count = count;
  }

  started({ nodeId }: SimHost): void {
    const boots = (this.#boots.get(nodeId) ?? 0) + 1;
    this.#boots.set(nodeId, boots);
    this.#ready.delete(nodeId);
    if (boots > 1 && !this.#formed.has(nodeId)) this.#count("boot.afterFirstMeetingBegan");
  }

  traced({ event, node, facts }: TraceEvent): void {
    const told = TOLD[event];
    if (told !== undefined) this.#count(told);
    if (event === "node.ready") {
      this.#ready.add(node);
      this.#formed.add(node);
      this.#cutShort.delete(node);
    }
    if (event !== "log.opened") return;
    if (facts["mayVote"] === false) this.#count("vote.untrusted");
    for (const [pattern, state] of NOTES)
      if (pattern.test(String(facts["note"]))) this.#count(state);
  }

  unanswered(from: NodeId): void {
    if (!this.#formed.has(from)) this.#count("meeting.interrupted");
  }

  ending({ nodeId, life }: SimHost, how: Ending): void {
    const down = this.#world.hosts.length - this.#world.running.length + 1;
    if (down === this.#world.hosts.length) this.#count("crash.allDown");
    else if (down > this.#world.hosts.length / 2) this.#count("crash.majorityDown");
    if (life.gate.held) this.#count("crash.paused");
    if (this.#ready.has(nodeId)) return;
    if (how === "halt") this.#count("boot.halted");
    this.#count(this.#formed.has(nodeId) ? "crash.inRecovery" : "crash.beforeFormed");
    const inARow = (this.#cutShort.get(nodeId) ?? 0) + 1;
    this.#cutShort.set(nodeId, inARow);
    if (inARow > 1) this.#count("crash.inRecoveryTwice");
  }
}
