import { broken } from "../common/assert.ts";
import type { NodeId } from "../common/brand.ts";
import type { Effect } from "./effects.ts";
import type { Message } from "./messages.ts";
import { SNAPSHOT_RULES } from "./snapshot-invariants.ts";
import type { RaftStatus } from "./status.ts";
import { type EffectOf, effectsOf, type Step, type StepRule } from "./step.ts";

const RULES: readonly StepRule[] = [
  ["currentTerm never goes back", ({ before, after }) => after.currentTerm >= before.currentTerm],
  ["a vote once given stays for its term", keepsVote],
  ["a changed term or vote is written", (step) => !hardStateChanges(step) || writesHardState(step)],
  ["only a changed term or vote is written, in one record", writesHardState, "persistHardState"],
  ["no message tells a term that is not on disk", tellsDurableTerms, "send"],
  ["no vote is told before it is on disk", tellsDurableVotes, "send"],
  ["a reply claims nothing that is not on disk", claimsDurableEntries, "send"],
  ["commitIndex never goes back", ({ before, after }) => after.commitIndex >= before.commitIndex],
  ["lastApplied never goes back", ({ before, after }) => after.appliedIndex >= before.appliedIndex],
  ["every new commitIndex is told", (step) => !commitIndexMoves(step) || tellsCommits(step)],
  ["only a new commitIndex is told, in order", tellsCommits, "commit"],
  ["a leader commits by an entry of its own term", commitsOwnTerm, "commit"],
  ["the log's end moves only as is told", (step) => !endMoves(step) || appendsAtEnd(step)],
  ["entries are appended at the log's end", appendsAtEnd, "appendEntries", "truncateSuffix"],
  ["no committed entry is cut off", cutsNothingCommitted, "truncateSuffix"],
  [
    "a leader cuts its log only where a majority denies what is damaged there",
    leaderAppendsOnly,
    "truncateSuffix",
  ],
  [
    "a leader that repairs neither appends nor sends entries",
    ({ after }) => !after.repairing,
    "appendEntries",
    "sendEntries",
  ],
  ["a leader begins its term on a whole log", beginsWhole, "appendEntries"],
  ["a leader that repairs verifies nothing that it may yet cut", verifiesCommitted, "send"],
  ["nothing damaged is sent", sendsWhole, "sendEntries"],
  ["entries become less durable only by a cut, a snapshot or damage", durableUntilCut],
  ["an admitted follower's matchIndex never goes back in a term", keepsMatches],
  ["a change of role, term or leader is told", (step) => !stateChanges(step) || tellsState(step)],
  ["what is told of role, term and leader is so", tellsState, "stateChanged"],
  ["one sendEntries goes to a follower at a time", sendsOnce, "sendEntries"],
  ...SNAPSHOT_RULES,
];

const ALWAYS = RULES.filter(([, , ...when]) => when.length === 0);
const BY_EFFECT = new Map(
  RULES.flatMap(([, , ...when]) => when).map((type) => [
    type,
    RULES.filter(([, , ...when]) => when.includes(type)),
  ]),
);

function keepsVote({ before, after }: Step): boolean {
  if (before.currentTerm !== after.currentTerm || before.votedFor === undefined) return true;
  return before.votedFor === after.votedFor;
}

function hardStateChanges({ before, event, after }: Step): boolean {
  if (event.type === "started") return false;
  return before.currentTerm !== after.currentTerm || before.votedFor !== after.votedFor;
}

function writesHardState(step: Step): boolean {
  const { after, event } = step;
  const [written, ...more] = effectsOf(step, "persistHardState");
  if (written === undefined || more.length > 0) return false;
  if (event.type === "started") return true;
  const { currentTerm, votedFor } = written.hardState;
  return hardStateChanges(step) && currentTerm === after.currentTerm && votedFor === after.votedFor;
}

/** A pre-vote speaks of a term that nobody is in yet: the one after the sender's. */
function termBehind(message: Message): number {
  const asked = message.type === "RequestVote" && message.preVote;
  const granted = message.type === "RequestVoteResult" && message.preVote && message.voteGranted;
  return asked ? message.term - 1 : granted ? 0 : message.term;
}

function tellsDurableTerms(step: Step): boolean {
  const { currentTerm } = step.durable;
  return effectsOf(step, "send").every(({ message }) => termBehind(message) <= currentTerm);
}

function tellsDurableVotes(step: Step): boolean {
  return effectsOf(step, "send").every((effect) => tellsDurableVote(effect, step));
}

function tellsDurableVote({ message, to }: EffectOf<"send">, { durable, after }: Step): boolean {
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

function commitIndexMoves({ before, event, after }: Step): boolean {
  return before.commitIndex !== after.commitIndex && event.type !== "started";
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

function endMoves({ before, after }: Step): boolean {
  return before.lastIndex !== after.lastIndex;
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
  if (step.before.role !== "leader" || step.after.role !== "leader") return true;
  return step.before.repairing && step.event.type === "entryMissing";
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
  if (after.durableIndex >= before.durableIndex) return true;
  const forgets = event.type === "faultyChanged" || event.type === "snapshotInstalled";
  return forgets || effectsOf(step, "truncateSuffix").length > 0;
}

function keepsMatches({ before, after }: Step): boolean {
  if (before.currentTerm !== after.currentTerm) return true;
  for (const { admitted, matchIndex, peer } of after.peers)
    if (admitted && matchIndex < admittedMatch(before, peer)) return false;
  return true;
}

function admittedMatch({ peers }: RaftStatus, of: NodeId): number {
  for (const { admitted, matchIndex, peer } of peers)
    if (peer === of && admitted) return matchIndex;
  return 0;
}

function stateChanges({ before, after }: Step): boolean {
  const { role, currentTerm, leaderId } = before;
  return role !== after.role || currentTerm !== after.currentTerm || leaderId !== after.leaderId;
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
  checkRules(ALWAYS, step);
  let asked: Effect["type"] | undefined;
  for (const { type } of step.effects) {
    const rules = type === asked ? undefined : BY_EFFECT.get(type);
    if (rules !== undefined) checkRules(rules, step);
    asked = type;
  }
}

function checkRules(rules: readonly StepRule[], step: Step): void {
  for (const [sentence, holds] of rules)
    if (!holds(step)) broken(`${step.after.nodeId}: ${sentence} (${step.event.type})`);
}
