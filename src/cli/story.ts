import { megabytes } from "./numbers.ts";

/** One line of a node's JSON log, as far as it can be told in words. */
export interface LogLine {
  /** Milliseconds since 1970. */
  readonly time?: number;
  readonly level?: number;
  readonly node?: string;
  readonly term?: number;
  readonly event?: string;
  readonly msg?: string;
  readonly [fact: string]: unknown;
}

type Teller = (line: LogLine) => string;

/** Events that are told to a person, and how. The others are in the JSON log only. */
const STORIES: Readonly<Record<string, Teller>> = {
  "node.started": ({ incarnation }) => `started, incarnation ${text(incarnation)}`,
  "node.ready": ({ lastIndex, term }) =>
    lastIndex === 0
      ? "takes part, its log empty"
      : `takes part: log up to index ${text(lastIndex)}, term ${text(term)}`,
  "node.stopped": () => "stopped in good order",
  "node.halted": ({ reason }) => `halted: ${text(reason)}`,
  // Recovery takes a moment however long the log is; where it does not, `status` says so.
  "cluster.waiting": ({ reason }) => (reason === "recovering the log" ? "" : text(reason)),
  "cluster.formed": ({ clusterId }) => `formed cluster ${text(clusterId).slice(0, 8)}`,
  "cluster.joined": ({ clusterId }) => `joined cluster ${text(clusterId).slice(0, 8)}`,
  "election.started": ({ term }) => `asks for votes in term ${text(term)}`,
  "election.won": ({ term }) => `won the election of term ${text(term)}`,
  "election.lost": ({ ofTerm }) => `lost the election of term ${text(ofTerm)}`,
  "leader.ready": ({ term, highWatermark }) =>
    `leads term ${text(term)} and takes appends, next offset ${text(highWatermark)}`,
  "leader.followed": ({ leader, leaderId, term }) =>
    `follows ${text(leader ?? leaderId)} in term ${text(term)}`,
  "leader.steppedDown": ({ term }) => `leads no more, term ${text(term)}`,
  "log.truncated": ({ from }) => `dropped entries no majority had, from index ${text(from)}`,
  "leader.repairing": ({ firstFaulty }) =>
    `asks the others for damaged entries first, from index ${text(firstFaulty)} on`,
  "entry.damaged": ({ index, file, position }) =>
    `DAMAGE: entry ${text(index)}, ${text(file)} at byte ${text(position)}; asks the others for it`,
  "entry.repaired": ({ index, from }) => `entry ${text(index)} is whole again, from ${text(from)}`,
  "entry.discarded": ({ index }) =>
    `gave up damaged entry ${text(index)}: a majority does not have it, so it was never committed`,
  "segment.rebuilt": ({ file, what }) => `rebuilt ${text(file)}: ${text(what)}`,
  "peer.forgot": ({ peer, matchIndex }) =>
    `${text(peer)} no longer has what it acknowledged, up to index ${text(matchIndex)}: it does ` +
    "not count until it has",
  "disk.low": ({ freeBytes }) =>
    `the disk is almost full (${megabytes(Number(freeBytes))} free): appends are refused`,
  "disk.recovered": ({ freeBytes }) =>
    `the disk has room again (${megabytes(Number(freeBytes))} free)`,
  "disk.stalled": ({ syncedIndex, lastIndex }) =>
    `the disk answers no more: synced up to index ${text(syncedIndex)} of ${text(lastIndex)}`,
  "log.opened": ({ note }) => (note === undefined ? "" : text(note)),
  "log.trimmed": ({ logStartOffset }) => `the log starts at offset ${text(logStartOffset)} now`,
  "snapshot.damaged": ({ file, reason }) => `DAMAGE: ${text(file)}: ${text(reason)}`,
  "snapshot.mended": ({ from, lastIndex }) =>
    `what its log begins with is whole again up to index ${text(lastIndex)}, from ${text(from)}`,
  "upkeep.delayed": ({ reason }) => `old segments wait: ${text(reason)}`,
  "segment.compressed": ({ file, bytes, storedBytes }) =>
    `compressed segment ${text(file)} from ${text(bytes)} to ${text(storedBytes)} bytes`,
  "segment.deleted": ({ file, why }) => `dropped segment ${text(file)}, by ${text(why)}`,
  "compaction.finished": ({ upTo, outcome, recordsDropped }) =>
    outcome === "done"
      ? `compacted up to index ${text(upTo)}: ${text(recordsDropped)} records superseded`
      : "",
  "segment.sealed": ({ file }) => `sealed segment ${text(file)}`,
  "snapshot.sending": ({ to, lastIndex, totalBytes }) =>
    `sends ${text(to)} a snapshot up to index ${text(lastIndex)} ` +
    `(${megabytes(Number(totalBytes))}): the entries it lacks are gone from the log`,
  "snapshot.received": ({ from, lastIndex }) =>
    `has a whole snapshot up to index ${text(lastIndex)}, from ${text(from)}`,
  "snapshot.installed": ({ lastIndex, keepSuffix }) =>
    `installed the snapshot: its log begins after index ${text(lastIndex)} now` +
    (keepSuffix === true ? ", what it held after that stays" : ""),
  "snapshot.refused": ({ to, from, reason }) =>
    to === undefined
      ? `takes no snapshot from ${text(from)}: ${text(reason)}`
      : `could not send ${text(to)} a snapshot: ${text(reason)}`,
  "peer.refused": ({ peer, reason }) => `refused ${text(peer)}: ${text(reason)}`,
};

/** Events told when something changes, not per entry or per message: what `info` shows. */
export const INFO_EVENTS: ReadonlySet<string> = new Set([
  ...Object.keys(STORIES),
  "preVote.started",
  "leader.noopApplied",
  "segment.rolled",
  "snapshot.taken",
  "compaction.started",
  "settings.applied",
  "stream.opened",
  "stream.closed",
]);

/** From now on this node takes appends. */
export function isLeaderReady({ event }: LogLine): boolean {
  return event === "leader.ready";
}

/** A line in words, or `undefined` when it is nothing for a person. */
export function tellStory(line: LogLine): string | undefined {
  if (line.event === undefined) return line.msg;
  const told = STORIES[line.event]?.(line);
  return told === "" ? undefined : told;
}

/** A line of a log file; what is not JSON is a message. */
export function parseLogLine(raw: string): LogLine {
  try {
    const parsed: unknown = JSON.parse(raw);
    if (typeof parsed === "object" && parsed !== null) return parsed as LogLine;
  } catch {
    // A stack trace or a warning of Node.js itself: worth showing as it is.
  }
  return { msg: raw };
}

/** `14:03:07`, local. */
export function clockTime(timeMs: number): string {
  return new Date(timeMs).toTimeString().slice(0, 8);
}

function text(fact: unknown): string {
  return fact === undefined ? "?" : String(fact);
}
