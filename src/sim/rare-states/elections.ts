import type { NodeId } from "../../common/brand.ts";
import type { TraceEvent } from "../../common/trace.ts";
import { isLeader, type SimHost } from "../host.ts";
import type { Watcher, World } from "../world.ts";
import type { Handlers } from "./handlers.ts";
import type { CountRareState, RareState } from "./names.ts";

/** A pre-vote this soon after the stream closed did not wait for a timeout. */
const EARLY_MS = 100;

const REFUSALS: Readonly<Record<string, readonly [preVote: RareState, vote: RareState]>> = {
  "has a leader": ["preVote.refusedHasLeader", "vote.refusedHasLeader"],
  "log is behind": ["preVote.refusedLogBehind", "vote.refusedLogBehind"],
  outranked: ["preVote.refusedOutranked", "preVote.refusedOutranked"],
  "term is not newer": ["preVote.refusedOldTerm", "vote.refusedOldTerm"],
  "term is older": ["preVote.refusedOldTerm", "vote.refusedOldTerm"],
  "vote is given": ["vote.refusedGiven", "vote.refusedGiven"],
};

/** Votes asked for, given and refused; leaders that come and go. */
export class ElectionStates implements Watcher {
  readonly #world: World;
  readonly #count: CountRareState;
  readonly #closedMs = new Map<NodeId, number>();
  readonly #preVoting = new Set<NodeId>();
  readonly #candidates = new Map<number, NodeId>();
  readonly #leading = new Map<NodeId, { readonly term: number; ready: boolean }>();
  readonly #on: Handlers = {
    "stream.closed": ({ node, time }) => this.#closedMs.set(node, time),
    "preVote.started": (event) => this.#preVoteStarted(event),
    "election.started": (event) => this.#electionStarted(event),
    "election.lost": () => this.#count("election.lost"),
    "election.won": (event, host) => this.#electionWon(event, host),
    "vote.granted": (event) => this.#voted(event),
    "vote.refused": (event) => this.#voted(event),
    "leader.ready": ({ node }) => {
      const led = this.#leading.get(node);
      if (led !== undefined) led.ready = true;
    },
    "leader.steppedDown": (event) => this.#steppedDown(event),
  };
  #last: { readonly node: NodeId; readonly term: number } | undefined;

  constructor(world: World, count: CountRareState) {
    this.#world = world;
    this.#count = count;
  }

  traced(event: TraceEvent, host: SimHost): void {
    this.#on[event.event]?.(event, host);
  }

  ending({ nodeId, node }: SimHost): void {
    const led = this.#leading.get(nodeId);
    this.#leading.delete(nodeId);
    this.#preVoting.delete(nodeId);
    if (led === undefined) return;
    const raft = node?.status().raft;
    if (!led.ready) this.#count("leader.endedBeforeReady");
    else if (raft !== undefined && raft.lastIndex > raft.commitIndex)
      this.#count("leader.endedWithUncommitted");
  }

  #preVoteStarted({ node, time }: TraceEvent): void {
    if (this.#preVoting.has(node)) this.#count("preVote.lost");
    this.#preVoting.add(node);
    if (time - (this.#closedMs.get(node) ?? -Infinity) < EARLY_MS) this.#count("preVote.early");
  }

  #electionStarted({ node, facts }: TraceEvent): void {
    const term = Number(facts["term"]);
    this.#preVoting.delete(node);
    const other = this.#candidates.get(term);
    if (other !== undefined && other !== node) this.#count("election.split");
    this.#candidates.set(term, node);
  }

  #electionWon({ node, facts }: TraceEvent, host: SimHost): void {
    const term = Number(facts["term"]);
    const others = this.#world.running.filter((other) => other !== host && isLeader(other));
    if (others.length > 0) this.#count("election.twoLeaders");
    if (this.#last?.node === node && term === this.#last.term + 1)
      this.#count("election.reelected");
    const raft = host.node?.status().raft;
    if (raft !== undefined && raft.lastIndex - 1 > raft.commitIndex)
      this.#count("election.wonWithUncommitted");
    const last = host.node?.status().segments.at(-1);
    if (last !== undefined && last.lastTimestamp > this.#world.wallMs(host))
      this.#count("clock.back");
    this.#leading.set(node, { term, ready: false });
    this.#last = { node, term };
  }

  #voted({ node, time, event, facts }: TraceEvent): void {
    const preVote = facts["preVote"] === true;
    if (event === "vote.granted") {
      const early = time - (this.#closedMs.get(node) ?? -Infinity) < EARLY_MS;
      if (preVote && early) this.#count("preVote.grantedEarly");
      return;
    }
    const refused = REFUSALS[String(facts["reason"])];
    if (refused !== undefined) this.#count(refused[preVote ? 0 : 1]);
  }

  #steppedDown({ node, term }: TraceEvent): void {
    const led = this.#leading.get(node);
    this.#leading.delete(node);
    if (led === undefined) return;
    this.#count(term > led.term ? "leader.deposed" : "leader.steppedDownByCheckQuorum");
    if (!led.ready) this.#count("leader.neverReady");
  }
}
