import { unreachable } from "../../../src/common/assert.ts";
import type {
  Effect,
  EntryId,
  HardState,
  ReceivedMessage,
  RaftEvent,
  RaftStatus,
  TermRun,
} from "../../../src/raft/index.ts";

/** `3@2`: the entry at index 3, of term 2. */
function id({ index, term }: EntryId): string {
  return `${index}@${term}`;
}

function entries(runs: readonly TermRun[]): string {
  if (runs.length === 0) return "no entries";
  const terms = runs.flatMap(({ term, count }) => Array.from({ length: count }, () => term));
  return `entries [${terms.join(" ")}]`;
}

function faulty(first: number | undefined): string {
  return first === undefined ? "finds its log whole" : `finds entry ${first} damaged`;
}

function round(readRound: number): string {
  return readRound === 0 ? "" : `, round ${readRound}`;
}

function kindOf({ preVote }: { readonly preVote: boolean }): string {
  return preVote ? "pre-vote" : "vote";
}

function vote({ currentTerm, votedFor }: HardState): string {
  return `term ${currentTerm}, vote ${votedFor ?? "-"}`;
}

/** A message as one reads it aloud. */
export function tellMessage(message: ReceivedMessage): string {
  const { type, term } = message;
  switch (type) {
    case "RequestVote": {
      const last = id({ index: message.lastLogIndex, term: message.lastLogTerm });
      return `${kindOf(message)} for term ${term}? log ends ${last}`;
    }
    case "RequestVoteResult":
      return `${kindOf(message)} ${message.voteGranted ? "yes" : "no"}, term ${term}`;
    case "AppendEntries": {
      const prev = id({ index: message.prevLogIndex, term: message.prevLogTerm });
      const commit = `commit ${message.leaderCommit}${round(message.readRound)}`;
      return `append term ${term}: after ${prev} ${entries(message.entries)}, ${commit}`;
    }
    case "AppendEntriesResult": {
      const { conflict, diskLow, firstFaulty, matchIndex, readRound } = message;
      const damaged = firstFaulty === undefined ? "" : `, ${firstFaulty} is damaged`;
      const low = `${damaged}${diskLow ? ", disk low" : ""}`;
      const head = `append result term ${term}: match ${matchIndex}${round(readRound)}${low}`;
      if (conflict === undefined) return head;
      const { prevLogIndex, conflictTerm, conflictIndex } = conflict;
      const why = conflictTerm === undefined ? "is missing" : `has term ${conflictTerm}`;
      return `${head}, but ${prevLogIndex} ${why}: go to ${conflictIndex}`;
    }
    case "InstallSnapshot":
      return `snapshot up to ${id(message.last)}, term ${term}`;
    case "ReadIndex":
      return `read index? term ${term}`;
    case "ReadIndexResult":
      return `read index ${message.readIndex ?? "unknown"}, term ${term}`;
    default:
      return unreachable(message);
  }
}

/** An event in a few words; absent where only its effects are worth a line. */
export function tellEvent(event: RaftEvent): string {
  switch (event.type) {
    case "started":
      return event.firstFaulty === undefined
        ? `starts in term ${event.hardState.currentTerm}`
        : `starts in term ${event.hardState.currentTerm}, ${faulty(event.firstFaulty)}`;
    case "timedOut":
      return "wakes";
    case "received":
      return `< ${event.from} ${tellMessage(event.message)}`;
    case "proposed":
      return `is given ${event.proposals.length} to append`;
    case "entriesPersisted":
      return `has ${id(event.last)} on disk`;
    case "hardStatePersisted":
      return `has ${vote(event.hardState)} on disk`;
    case "sent":
      return `has sent ${event.to} up to ${event.last}`;
    case "prefixTruncated":
      return `has let go of all up to ${id(event.last)}`;
    case "snapshotSent":
      return event.last === undefined
        ? `has not got a snapshot to ${event.to}`
        : `has sent ${event.to} a snapshot up to ${id(event.last)}`;
    case "snapshotInstalled":
      return `has the snapshot up to ${id(event.last)} on disk`;
    case "streamClosed":
      return `sees the stream of ${event.peer} close`;
    case "peerAdmitted":
      return `hears that ${event.peer} ${event.admitted ? "counts" : "does not count"}`;
    case "applied":
      return `has applied up to ${event.index}`;
    case "faultyChanged":
      return faulty(event.first);
    case "entryMissing":
      return `hears from ${event.peer} in term ${event.term} that it has no ${id(event.entry)}`;
    case "diskSpaceChanged":
      return event.low ? "runs out of disk space" : "has disk space again";
    case "readRequested":
      return `is asked for read ${event.requestId}`;
    default:
      return unreachable(event);
  }
}

function refusal(effect: Extract<Effect, { reason: unknown }>): string {
  return `${effect.reason}, leader ${effect.leaderId ?? "-"}`;
}

/** An effect in a few words; absent for deadlines, which would drown the story. */
export function tellEffect(effect: Effect): string | undefined {
  switch (effect.type) {
    case "persistHardState":
      return `writes ${vote(effect.hardState)}`;
    case "truncateSuffix":
      return `cuts its log from ${effect.from}`;
    case "appendEntries":
      return `appends ${effect.first}..${id(effect.last)} (${effect.source})`;
    case "send":
      return `> ${effect.to} ${tellMessage(effect.message)}`;
    case "sendEntries":
      return `> ${effect.to} entries after ${id(effect.prev)}, commit ${effect.leaderCommit}`;
    case "sendSnapshot":
      return `> ${effect.to} a snapshot`;
    case "installSnapshot": {
      const kept = effect.keepSuffix ? " and keeps what follows" : "";
      return `installs the snapshot up to ${id(effect.last)}${kept}`;
    }
    case "discardSnapshot":
      return `discards the snapshot up to ${id(effect.last)}`;
    case "commit":
      return `commits ${id(effect)}`;
    case "rejectProposals":
      return `rejects from position ${effect.from}: ${refusal(effect)}`;
    case "readReady":
      return `answers read ${effect.requestId}: at ${effect.index}`;
    case "readRejected":
      return `rejects read ${effect.requestId}: ${refusal(effect)}`;
    case "stateChanged":
      return `is ${effect.role} in term ${effect.term}, leader ${effect.leaderId ?? "-"}`;
    case "setDeadline":
      return undefined;
    case "trace": {
      const reason = effect.facts["reason"];
      return `* ${effect.event}${reason === undefined ? "" : ` (${reason})`}`;
    }
    default:
      return unreachable(effect);
  }
}

/** `[1 1 2]`, or `[..3@2 2]` where all up to 3@2 is gone. */
export function tellLog(prev: EntryId, terms: readonly number[]): string {
  const gone = prev.index === 0 ? [] : [`..${id(prev)}`];
  return `log [${[...gone, ...terms.slice(prev.index)].join(" ")}]`;
}

/** One node on one line. */
export function tellStatus(status: RaftStatus, terms: readonly number[]): string {
  const { nodeId, role, currentTerm, votedFor, commitIndex, durableIndex } = status;
  const ready = status.repairing ? ", repairing" : status.ready ? ", ready" : "";
  const log = tellLog(status.prev, terms);
  const damage = status.firstFaulty === undefined ? "" : `, faulty ${status.firstFaulty}`;
  const disk = `durable ${durableIndex}${damage}, commit ${commitIndex}`;
  return `${nodeId} ${role} term ${currentTerm} vote ${votedFor ?? "-"} ${log} ${disk}${ready}`;
}

/** A leader's followers, one on each line. */
export function tellFollowers({ peers }: RaftStatus): readonly string[] {
  return peers.map(
    ({ peer, state, matchIndex, nextIndex, inflightMessages, inflightBytes, admitted }) =>
      `  ${peer} ${state} match ${matchIndex} next ${nextIndex} ` +
      `inflight ${inflightMessages} (${inflightBytes} bytes)${admitted ? "" : " not admitted"}`,
  );
}
