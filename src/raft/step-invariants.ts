import { broken } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import type { Message } from "./messages.ts";
import { SNAPSHOT_RULES } from "./snapshot-invariants.ts";
import { type EffectOf, effectsOf, type Step, type StepRule } from "./step.ts";

const RULES: readonly StepRule[] = [
  ["currentTerm never goes back", ({ before, after }) => after.currentTerm >= before.currentTerm],
  ["a vote once given stays for its term", keepsVote],
  ["a changed term or vote is written, both in one record", writesHardState],
  ["no message tells a term that is not on disk", (step) => sent(step).every(tellsDurableTerm)],
  ["no vote is told before it is on disk", (step) => sent(step).every(tellsDurableVote)],
  ["a reply claims nothing that is not on disk", claimsDurableEntries],
  ["commitIndex never goes back", ({ before, after }) => after.commitIndex >= before.commitIndex],
  ["lastApplied never goes back", ({ before, after }) => after.appliedIndex >= before.appliedIndex],
  ["every new commitIndex is told, in order", tellsCommits],
  ["a leader commits by an entry of its own term", commitsOwnTerm],
  ["entries are appended at the log's end", appendsAtEnd],
  ["no committed entry is cut off", cutsNothingCommitted],
  ["a leader cuts its log only where a majority denies what is damaged there", leaderAppendsOnly],
  ["a leader that repairs neither appends nor sends entries", repairsFirst],
  ["a leader begins its term on a whole log", beginsWhole],
  ["a leader that repairs verifies nothing that it may yet cut", verifiesCommitted],
  ["nothing damaged is sent", sendsWhole],
  ["entries become less durable only by a cut, a snapshot or damage", durableUntilCut],
  ["an admitted follower's matchIndex never goes back in a term", keepsMatches],
  ["a change of role, term or leader is told", tellsState],
  ["one sendEntries goes to a follower at a time", sendsOnce],
  ...SNAPSHOT_RULES,
];

function keepsVote({ before, after }: Step): boolean {
  if (before.currentTerm !== after.currentTerm || before.votedFor === undefined) return true;
  return before.votedFor === after.votedFor;
}

function writesHardState(step: Step): boolean {
  const { before, after, event } = step;
  const written = effectsOf(step, "persistHardState");
  if (written.length > 1) return false;
  if (event.type === "started") return true;
  const changed = before.currentTerm !== after.currentTerm || before.votedFor !== after.votedFor;
  if (!changed) return written.length === 0;
  const hardState = written[0]?.hardState;
  return hardState?.currentTerm === after.currentTerm && hardState.votedFor === after.votedFor;
}

interface Sent {
  readonly step: Step;
  readonly effect: EffectOf<"send">;
}

function sent(step: Step): readonly Sent[] {
  return effectsOf(step, "send").map((effect) => ({ step, effect }));
}

/** A pre-vote speaks of a term that nobody is in yet: the one after the sender's. */
function termBehind(message: Message): number {
  const asked = message.type === "RequestVote" && message.preVote;
  const granted = message.type === "RequestVoteResult" && message.preVote && message.voteGranted;
  return asked ? message.term - 1 : granted ? 0 : message.term;
}

function tellsDurableTerm({ step, effect }: Sent): boolean {
  return termBehind(effect.message) <= step.durable.currentTerm;
}

function tellsDurableVote({ step, effect }: Sent): boolean {
  const { message, to } = effect;
  const { durable, after } = step;
  if (durable.currentTerm !== message.term) return true;
  if (message.type === "RequestVote" && !message.preVote) return durable.votedFor === after.nodeId;
  if (message.type === "RequestVoteResult" && !message.preVote && message.voteGranted)
    return durable.votedFor === to;
  return true;
}

/** What was held back for the hard state may have been damaged after it was said. */
function claimsDurableEntries(step: Step): boolean {
  const damaged = step.after.firstFaulty !== undefined;
  if (damaged && step.event.type === "hardStatePersisted") return true;
  return effectsOf(step, "send").every(
    ({ message }) =>
      message.type !== "AppendEntriesResult" ||
      message.term < step.after.currentTerm ||
      message.matchIndex <= step.after.durableIndex,
  );
}

function tellsCommits(step: Step): boolean {
  let told: number = step.before.commitIndex;
  for (const { index } of effectsOf(step, "commit")) {
    if (index <= told) return false;
    told = index;
  }
  const { type } = step.event;
  return type === "started" || type === "snapshotInstalled" || told === step.after.commitIndex;
}

function commitsOwnTerm(step: Step): boolean {
  if (step.after.role !== "leader") return true;
  return effectsOf(step, "commit").every(({ term }) => term === step.after.currentTerm);
}

function appendsAtEnd(step: Step): boolean {
  const { type } = step.event;
  if (type === "started" || type === "snapshotInstalled") return true;
  let last: number = step.before.lastIndex;
  for (const effect of step.effects) {
    if (effect.type === "truncateSuffix") last = effect.from - 1;
    if (effect.type !== "appendEntries") continue;
    if (effect.first !== last + 1 || effect.last.index < effect.first) return false;
    last = effect.last.index;
  }
  return last === step.after.lastIndex;
}

function cutsNothingCommitted(step: Step): boolean {
  return effectsOf(step, "truncateSuffix").every(({ from }) => from > step.before.commitIndex);
}

function leaderAppendsOnly(step: Step): boolean {
  if (step.before.role !== "leader" || step.after.role !== "leader" || !cuts(step)) return true;
  return step.before.repairing && step.event.type === "entryMissing";
}

function repairsFirst(step: Step): boolean {
  if (!step.after.repairing) return true;
  return [...effectsOf(step, "appendEntries"), ...effectsOf(step, "sendEntries")].length === 0;
}

function beginsWhole(step: Step): boolean {
  const noop = effectsOf(step, "appendEntries").some(({ source }) => source === "noop");
  return !noop || step.after.firstFaulty === undefined;
}

function verifiesCommitted(step: Step): boolean {
  const { commitIndex, repairing } = step.after;
  const mayVerify = ({ message }: EffectOf<"send">): boolean =>
    message.type !== "AppendEntries" || message.prevLogIndex <= commitIndex;
  return !repairing || effectsOf(step, "send").every(mayVerify);
}

function sendsWhole(step: Step): boolean {
  const { firstFaulty } = step.after;
  if (firstFaulty === undefined) return true;
  return effectsOf(step, "sendEntries").every(({ prev }) => prev.index + 1 < firstFaulty);
}

function durableUntilCut(step: Step): boolean {
  const { after, before, event } = step;
  const forgets = event.type === "faultyChanged" || event.type === "snapshotInstalled";
  return after.durableIndex >= before.durableIndex || cuts(step) || forgets;
}

function cuts(step: Step): boolean {
  return effectsOf(step, "truncateSuffix").length > 0;
}

function keepsMatches({ before, after }: Step): boolean {
  if (before.currentTerm !== after.currentTerm) return true;
  const matched = (of: NodeId) => {
    const known = before.peers.find(({ admitted, peer }) => admitted && peer === of);
    return known?.matchIndex ?? 0;
  };
  return after.peers.every((p) => !p.admitted || p.matchIndex >= matched(p.peer));
}

function tellsState(step: Step): boolean {
  const { before, after } = step;
  const last = effectsOf(step, "stateChanged").at(-1);
  const told = last ?? { role: before.role, term: before.currentTerm, leaderId: before.leaderId };
  return (
    told.role === after.role && told.term === after.currentTerm && told.leaderId === after.leaderId
  );
}

function sendsOnce(step: Step): boolean {
  const followers = effectsOf(step, "sendEntries");
  return followers.every(({ to }, at) => followers.findIndex((other) => other.to === to) === at);
}

/** @throws AssertionError with the sentence of the rule that the step breaks. */
export function checkStep(step: Step): void {
  for (const [sentence, holds] of RULES)
    if (!holds(step)) broken(`${step.after.nodeId}: ${sentence} (${step.event.type})`);
}
