import type { NodeId } from "../../common/brand.ts";
import type { TraceEvent, TraceEventName } from "../../common/trace.ts";
import type { Fault, RunRecord } from "../history.ts";
import { defineCheck } from "./check.ts";
import { ClusterLogs, factOf, withoutLogTrace } from "./cluster-logs.ts";
import type { NodeLog } from "./node-log.ts";
import type { Findings } from "./violation.ts";

/**
 * Stronger than to look for lost records: it fails at the first acknowledgement that came too
 * early, whether or not the power then fails in that very moment.
 */
export const durability = defineCheck({
  id: "K15",
  name: "durability",
  sentence:
    "Nothing is acknowledged before a majority has told that it is synced, no follower lacks " +
    "later what it said it has, and one that does counts no more for that leader.",
  unseen: (record) => [
    ...withoutLogTrace(record),
    ...["disk.synced", "append.acknowledged"]
      .filter((name) => !record.trace.some(({ event }) => event === name))
      .map((name) => `the trace has no ${name} (\`traceDetails\`)`),
  ],
  look(record, found) {
    lookAtTrace(record, found);
    lookAtForgotten(record, found);
    lookAtProvenTwice(record, found);
  },
});

/** Of the nemesis: a disk of a while ago is put in the place of today's. */
const FORGETTING = "old-backup";

function lookAtTrace({ nodes, trace, faults = [] }: RunRecord, found: Findings): void {
  const logs = new ClusterLogs();
  const synced = new Map<NodeId, SyncedEntries>(nodes.map((node) => [node, new SyncedEntries()]));
  const forgetful = new Set<string>();
  for (const event of trace) {
    logs.follow(event);
    const { node } = event;
    if (event.event === "peer.forgot") forgetful.add(inItsTerm(event, event.facts["peer"]));
    if (SYNCING.has(event.event) && !isWiped(node, event.time, faults))
      synced.get(node)?.follow(event, logs.of(node));
    if (event.event !== "append.acknowledged") continue;
    const index = factOf(event, "upTo");
    if (index === undefined) continue;
    const term = factOf(event, "ofTerm") ?? logs.of(node).termAt(index);
    if (term === undefined) continue;
    const counts = (peer: NodeId) => forgetful.size === 0 || !forgetful.has(inItsTerm(event, peer));
    const holders = nodes.filter(
      (holder) => counts(holder) && synced.get(holder)?.has(index, term) === true,
    );
    if (holders.length > nodes.length / 2) continue;
    found.add(
      `${node} acknowledges up to entry ${index} of term ${term}, which is synced on ` +
        `${holders.join(" and ") || "no node"} only`,
      { index, term, timeMs: event.time, nodes: [node] },
    );
  }
}

function inItsTerm({ node, term }: TraceEvent, peer: unknown): string {
  return `${String(peer)} of ${node} in ${term}`;
}

/** Only of who counts a leader looks for proof: a second one says that it went on counting. */
function lookAtProvenTwice({ trace }: RunRecord, found: Findings): void {
  const proofs = new Map<string, number>();
  for (const { event, node, term, time, facts } of trace) {
    if (event !== "peer.forgot") continue;
    const what = `in term ${term} that ${String(facts["peer"])} forgot`;
    const times = (proofs.get(`${node} ${what}`) ?? 0) + 1;
    proofs.set(`${node} ${what}`, times);
    if (times === 2)
      found.add(`${node} learns again ${what}: it counts still`, { timeMs: time, nodes: [node] });
  }
}

/** A leader has proof that a follower is without what it acknowledged to it. */
function lookAtForgotten({ trace, faults = [] }: RunRecord, found: Findings): void {
  for (const { event, time, facts } of trace) {
    if (event !== "peer.forgot") continue;
    const { peer, matchIndex } = facts;
    if (typeof peer !== "string") continue;
    const explained = faults.some(
      ({ atMs, kind, wiped, mayHalt }) =>
        atMs <= time &&
        (kind === FORGETTING || wiped?.includes(peer) === true || mayHalt?.includes(peer) === true),
    );
    if (!explained)
      found.add(`${peer} lacks what it acknowledged, up to entry ${matchIndex}`, {
        timeMs: time,
        nodes: [peer],
      });
  }
}

/**
 * It lost all that it had, and is no voter since: what it syncs counts no more. What it had told
 * before still does, for nobody else can know that it is gone (default, seed 239).
 */
function isWiped(node: NodeId, timeMs: number, faults: readonly Fault[]): boolean {
  return faults.some(({ atMs, wiped }) => atMs <= timeMs && wiped?.includes(node) === true);
}

/** What `SyncedEntries` follows. */
const SYNCING: ReadonlySet<string> = new Set([
  "snapshot.installed",
  "log.opened",
  "log.truncated",
  "disk.synced",
] satisfies readonly TraceEventName[]);

/** What one node ever had on its disk: of each term the last entry, those before it included. */
class SyncedEntries {
  readonly #lastOfTerm = new Map<number, number>();
  /** Entries up to here have been counted, and nothing before was replaced since. */
  #counted = 0;
  /** Lowest entry that was cut since the last sync of what the log holds now. */
  #cutFrom = Infinity;

  follow(event: TraceEvent, log: NodeLog): void {
    const installed = event.event === "snapshot.installed" && event.facts["keepSuffix"] !== true;
    if (installed) this.#cutFrom = Infinity;
    if (installed || (event.event === "log.opened" && typeof event.facts["terms"] === "string")) {
      // A node rewrites and syncs what it found before it speaks to anybody.
      this.#counted = 0;
      this.#count(log, log.lastIndex);
      return;
    }
    const from = event.event === "log.truncated" ? factOf(event, "from") : undefined;
    if (from !== undefined) {
      this.#cutFrom = Math.min(this.#cutFrom, from);
      this.#counted = Math.min(this.#counted, from - 1);
    }
    if (event.event !== "disk.synced") return;
    const index = factOf(event, "index");
    const term = factOf(event, "ofTerm");
    if (index === undefined || term === undefined) return;
    if (log.termAt(index) === term) return this.#count(log, index);
    // It was cut while it was being synced: what came before the cut is on the disk all the same.
    this.#note(term, index);
    this.#count(log, Math.min(index, this.#cutFrom - 1));
  }

  /** The entry was followed, in its term, by one that is synced, or is it. */
  has(index: number, term: number): boolean {
    return (this.#lastOfTerm.get(term) ?? 0) >= index;
  }

  #count(log: NodeLog, upTo: number): void {
    for (const { term, last } of log.runs(this.#counted + 1, upTo)) this.#note(term, last);
    this.#counted = Math.max(this.#counted, upTo);
    if (upTo >= this.#cutFrom) this.#cutFrom = Infinity;
  }

  #note(term: number, index: number): void {
    this.#lastOfTerm.set(term, Math.max(this.#lastOfTerm.get(term) ?? 0, index));
  }
}
