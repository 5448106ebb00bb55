import { LogIndex, type NodeId, Term } from "../../../src/common/brand.ts";
import type {
  AppendEntries,
  AppendEntriesResult,
  Effect,
  InstallSnapshot,
  Message,
  ReceivedMessage,
  RaftConfig,
  RaftEvent,
  RequestVote,
  RequestVoteResult,
} from "../../../src/raft/index.ts";
import { raftConfig } from "./raft-config.ts";
import { type Entry, runsOf, TestDisk } from "./test-disk.ts";
import { type Packet, TestNode } from "./test-node.ts";

export interface SoloOptions {
  readonly voters?: readonly NodeId[];
  /** Terms of the entries on its disk. */
  readonly log?: readonly number[];
  /** Entries up to here are gone, behind a checkpoint. */
  readonly prev?: number;
  readonly term?: number;
  readonly votedFor?: NodeId;
  readonly seed?: number;
  readonly config?: Partial<RaftConfig>;
}

export function entriesOf(terms: readonly number[]): { term: Term; value: string }[] {
  return terms.map((term, at) => ({ term: Term(term), value: `${term}/${at}` }));
}

/** Whatever it covers, a snapshot says the same in these tests. */
function contentOf(message: ReceivedMessage): readonly Entry[] | undefined {
  if (message.type !== "InstallSnapshot") return undefined;
  const { index, term } = message.last;
  return entriesOf(Array.from({ length: index }, () => term));
}

/** One node, `n1`, whose world is this test: it plays the others, the disk and the clock. */
export class Solo {
  node: TestNode;
  nowMs = 0;
  effects: readonly Effect[] = [];
  #packets: Packet[] = [];

  constructor({ voters = ["n1", "n2", "n3"], log = [], seed = 1, ...on }: SoloOptions = {}) {
    const world = {
      nowMs: () => this.nowMs,
      send: (packet: Packet) => void this.#packets.push(packet),
      stepped: (_node: TestNode, _event: RaftEvent, effects: readonly Effect[]) => {
        this.effects = effects;
      },
    };
    const disk = new TestDisk(entriesOf(log), on.term ?? log.at(-1) ?? 0, on.votedFor);
    if (on.prev !== undefined) disk.truncatePrefix(on.prev);
    const config = raftConfig("n1", voters, on.config);
    this.node = new TestNode({ config, disk, world, seed });
    this.node.start();
  }

  get status() {
    return this.node.status;
  }

  /** What it sent since this was asked last, to everybody or to `to`. */
  sent(to?: NodeId): Message[] {
    const packets = this.#packets;
    this.#packets = [];
    return packets.flatMap(({ message, ...packet }) =>
      message.type !== "InstallSnapshot" && (to === undefined || packet.to === to) ? [message] : [],
    );
  }

  /** The clock moves to its deadline, however often that has moved, until something comes of it. */
  timeOut(): void {
    for (let tries = 0; tries < 10; tries++) {
      this.nowMs = Math.max(this.nowMs, this.node.deadlineMs);
      this.node.step({ type: "timedOut" });
      if (this.effects.some(({ type }) => type !== "setDeadline")) return;
    }
  }

  /** All that was written is synced, and what the core then asks for as well. */
  sync(): void {
    while (this.node.syncHardState() || this.node.syncLog() || this.node.answerSent());
  }

  receive(from: NodeId, message: ReceivedMessage): Message[] {
    this.sent();
    const count =
      message.type === "AppendEntries"
        ? message.entries.reduce((sum, run) => sum + run.count, 0)
        : 0;
    const values = Array.from({ length: count }, (_, at) => `${from}/${at}`);
    this.node.receive({ from, to: "n1", message, values, snapshot: contentOf(message) });
    return this.sent();
  }

  /** Wins an election with the votes of `voters`, its own among them or not needed. */
  lead(...voters: readonly NodeId[]): void {
    while (this.status.role !== "preCandidate") this.timeOut();
    const term = this.status.currentTerm + 1;
    for (const voter of voters) this.receive(voter, vote(term, { preVote: true }));
    this.sync();
    for (const voter of voters) this.receive(voter, vote(term));
  }
}

export function requestVote(
  term: number,
  candidateId: NodeId,
  last: { readonly index?: number; readonly term?: number } = {},
  preVote = false,
): RequestVote {
  return {
    type: "RequestVote",
    term: Term(term),
    candidateId,
    lastLogIndex: LogIndex(last.index ?? 0),
    lastLogTerm: Term(last.term ?? 0),
    preVote,
  };
}

export function vote(
  term: number,
  { voteGranted = true, preVote = false }: Partial<RequestVoteResult> = {},
): RequestVoteResult {
  return { type: "RequestVoteResult", term: Term(term), voteGranted, preVote };
}

export interface AppendOptions {
  readonly prev?: readonly [index: number, term: number];
  readonly terms?: readonly number[];
  readonly commit?: number;
  readonly round?: number;
}

export function append(term: number, leaderId: NodeId, options: AppendOptions = {}): AppendEntries {
  const { prev = [0, 0], terms = [], commit = 0, round = 0 } = options;
  return {
    type: "AppendEntries",
    term: Term(term),
    leaderId,
    prevLogIndex: LogIndex(prev[0]),
    prevLogTerm: Term(prev[1]),
    entries: runsOf(entriesOf(terms)),
    leaderCommit: LogIndex(commit),
    readRound: round,
  };
}

/** A snapshot that ends with `last`, as it has come and was verified. */
export function snapshot(
  term: number,
  leaderId: NodeId,
  last: readonly [index: number, term: number],
): InstallSnapshot {
  const [index, lastTerm] = last;
  const lastId = { index: LogIndex(index), term: Term(lastTerm) };
  return { type: "InstallSnapshot", term: Term(term), leaderId, last: lastId };
}

export function appended(term: number, match: number, round = 0): AppendEntriesResult {
  return {
    type: "AppendEntriesResult",
    term: Term(term),
    matchIndex: LogIndex(match),
    conflict: undefined,
    readRound: round,
    diskLow: false,
  };
}

export function refused(
  term: number,
  prev: number,
  conflictIndex: number,
  conflictTerm?: number,
): AppendEntriesResult {
  const conflict = {
    prevLogIndex: LogIndex(prev),
    conflictIndex: LogIndex(conflictIndex),
    conflictTerm: conflictTerm === undefined ? undefined : Term(conflictTerm),
  };
  return { ...appended(term, 0), conflict };
}
