import type { NodeId } from "../../common/brand.ts";
import type { TraceEvent } from "../../common/trace.ts";
import type { ReadOperation } from "../history.ts";
import { byClient } from "./by-client.ts";
import { defineCheck } from "./check.ts";
import { highestKnown } from "./highest-known.ts";
import type { Findings } from "./violation.ts";

/**
 * What a client has seen, it sees again. A linearizable read goes back behind nothing that this
 * client read before, anywhere; nor does the high watermark of one that asks for its session. (The
 * log's start may: a node that has heard of as many records need not have heard of a trim.) A local
 * read promises less: it goes back behind nothing that was read from the same process before.
 */
export const monotone = defineCheck({
  id: "K10",
  name: "monotone",
  sentence: "For a client, neither the high watermark nor the log's start ever goes back.",
  unseen: ({ reads, trace }) => {
    if (reads.length === 0) return ["there are no reads"];
    const started = trace.some(({ event }) => event === "node.started");
    return started ? [] : ["no trace tells when processes began: local reads are not judged"];
  },
  look(record, found) {
    const lives = livesOf(record.trace);
    const answered = record.reads.filter(({ answer }) => answer !== undefined);
    for (const reads of byClient(answered).values()) {
      const linearizable = reads.filter(({ consistency }) => consistency === "linearizable");
      const bounded = reads.filter((read) => read.consistency === "local" && read.session === true);
      compare(reads, linearizable, EVERYTHING, found);
      compare(reads, bounded, [HIGH_WATERMARK], found);
      for (const ofProcess of byProcess(reads, lives))
        compare(ofProcess, ofProcess, EVERYTHING, found);
    }
  },
});

type Answer = NonNullable<ReadOperation["answer"]>;
type Position = readonly [string, (answer: Answer) => number];

const HIGH_WATERMARK: Position = ["high watermark", ({ highWatermark }) => highWatermark];
const LOG_START: Position = ["log start", ({ logStartOffset }) => logStartOffset];
const EVERYTHING = [HIGH_WATERMARK, LOG_START] as const;

function compare(
  seen: readonly ReadOperation[],
  asked: readonly ReadOperation[],
  positions: readonly Position[],
  found: Findings,
): void {
  if (asked.length === 0) return;
  for (const [name, of] of positions) {
    const position = ({ answer }: ReadOperation) => (answer === undefined ? -1 : of(answer));
    const known = { items: seen, atMs: settledMs, position };
    const questions = { items: asked, atMs: ({ invokedMs }: ReadOperation) => invokedMs };
    highestKnown(known, questions, (highest, read) => {
      if (position(read) >= position(highest)) return;
      found.add(
        `${read.client} was told of ${name} ${position(read)} by ${read.nodeId} after ` +
          `${position(highest)} by ${highest.nodeId}`,
        { operations: [highest, read], offset: position(read), timeMs: read.invokedMs },
      );
    });
  }
}

function settledMs(read: ReadOperation): number {
  return read.settledMs ?? Infinity;
}

/** When each node's processes began, in order. */
function livesOf(trace: readonly TraceEvent[]): ReadonlyMap<NodeId, readonly number[]> {
  const lives = new Map<NodeId, number[]>();
  for (const { event, node, time } of trace)
    if (event === "node.started") lives.set(node, [...(lives.get(node) ?? []), time]);
  return lives;
}

/** Reads of one client from one process; a read during which it restarted belongs to none. */
function byProcess(
  reads: readonly ReadOperation[],
  lives: ReadonlyMap<NodeId, readonly number[]>,
): Iterable<ReadOperation[]> {
  const processes = new Map<NodeId, Map<number, ReadOperation[]>>();
  for (const read of reads) {
    const begun = lives.get(read.nodeId);
    if (begun === undefined) continue;
    const life = lifeAt(begun, read.invokedMs);
    if (life !== lifeAt(begun, read.settledMs ?? Infinity)) continue;
    const ofNode = processes.get(read.nodeId) ?? new Map<number, ReadOperation[]>();
    processes.set(read.nodeId, ofNode);
    const known = ofNode.get(life);
    if (known === undefined) ofNode.set(life, [read]);
    else known.push(read);
  }
  return [...processes.values()].flatMap((ofNode) => [...ofNode.values()]);
}

/** How many processes had begun. */
function lifeAt(begun: readonly number[], atMs: number): number {
  let count = begun.length;
  while (count > 0 && (begun[count - 1] ?? 0) > atMs) count--;
  return count;
}
