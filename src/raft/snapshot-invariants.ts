import type { NodeId } from "../common/brand.ts";
import { effectsOf, type Step, type StepRule } from "./step.ts";
import type { EntryId } from "./types.ts";

/** What holds between two states of a log that loses its prefix and is replaced by snapshots. */
export const SNAPSHOT_RULES: readonly StepRule[] = [
  ["the log's beginning never goes back", beginsNoEarlier],
  ["the log's beginning moves only where it is told to", beginsWhereTold],
  ["only what is committed goes from the log", losesCommitted],
  [
    "while a snapshot is installed, nothing is appended, cut or committed",
    ({ after }) => after.installing === undefined,
    "appendEntries",
    "truncateSuffix",
    "commit",
  ],
  [
    "a snapshot is installed only over what is not committed, or is damaged",
    installsNews,
    "installSnapshot",
  ],
  ["an installed snapshot is all of the log, committed and applied", startsAnew],
  ["a snapshot that keeps what follows it changes nothing there", keepsSuffix],
  ["every snapshot that comes is installed or discarded", (step) => !comes(step) || usesOne(step)],
  [
    "only a snapshot that comes is installed or discarded",
    comes,
    "installSnapshot",
    "discardSnapshot",
  ],
  ["who needs a snapshot is sent no entries", sendsNoEntries, "sendEntries"],
  ["only who needs a snapshot gets one", sendsOnNeed, "sendSnapshot"],
];

function same(a: EntryId | undefined, b: EntryId | undefined): boolean {
  return a?.index === b?.index && a?.term === b?.term;
}

function beginsNoEarlier({ before, event, after }: Step): boolean {
  return event.type === "started" || after.prev.index >= before.prev.index;
}

function beginsWhereTold({ before, event, after }: Step): boolean {
  if (event.type === "started" || same(before.prev, after.prev)) return true;
  const told = event.type === "prefixTruncated" || event.type === "snapshotInstalled";
  return told && same(event.last, after.prev);
}

function losesCommitted({ before, event, after }: Step): boolean {
  return event.type !== "prefixTruncated" || after.prev.index <= before.commitIndex;
}

function installsNews(step: Step): boolean {
  const { before, after } = step;
  return effectsOf(step, "installSnapshot").every(
    ({ last, keepSuffix }) =>
      same(last, after.installing) &&
      (keepSuffix ? isDamagedUpTo(before, last) : last.index > before.commitIndex),
  );
}

function isDamagedUpTo({ firstFaulty, lastIndex }: Step["before"], { index }: EntryId): boolean {
  return firstFaulty !== undefined && firstFaulty <= index && index <= lastIndex;
}

function keepsSuffix({ before, event, after }: Step): boolean {
  if (event.type !== "snapshotInstalled" || before.installing?.keepSuffix !== true) return true;
  const { index } = event.last;
  const { commitIndex, durableIndex, installing, lastIndex, lastTerm } = after;
  const kept = lastIndex === before.lastIndex && lastTerm === before.lastTerm;
  return installing === undefined && kept && commitIndex >= index && durableIndex >= index;
}

function startsAnew({ before, event, after }: Step): boolean {
  const begun = before.installing;
  if (event.type !== "snapshotInstalled")
    return begun === undefined || same(begun, after.installing);
  if (begun?.keepSuffix === true) return true;
  const { index } = event.last;
  const positions = [after.lastIndex, after.durableIndex, after.commitIndex, after.appliedIndex];
  return after.installing === undefined && positions.every((position) => position === index);
}

function comes({ event }: Step): boolean {
  return event.type === "received" && event.message.type === "InstallSnapshot";
}

function usesOne(step: Step): boolean {
  const { length: installed } = effectsOf(step, "installSnapshot");
  return installed + effectsOf(step, "discardSnapshot").length === 1;
}

function needs({ after }: Step, to: NodeId): boolean {
  return after.peers.some(({ peer, state }) => peer === to && state === "snapshot");
}

function sendsNoEntries(step: Step): boolean {
  return effectsOf(step, "sendEntries").every(({ to }) => !needs(step, to));
}

function sendsOnNeed(step: Step): boolean {
  return effectsOf(step, "sendSnapshot").every(({ to }) => needs(step, to));
}
