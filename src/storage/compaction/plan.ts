import type { Offset } from "../../common/brand.ts";
import type { Fold } from "./fold.ts";
import type { CompactedInput, FoldInput } from "./fold-input.ts";
import type { CompactionOrder, CompactionRules, CompactionStrategy } from "./types.ts";

/** What is done, in the order of offsets: files that stay, and folds. All inputs are in it. */
export type Step =
  | { readonly kind: "keep"; readonly input: CompactedInput }
  | { readonly kind: "fold"; readonly fold: Fold };

export interface PlanFacts {
  /** In the order of their offsets; the last ones are sealed segments. */
  readonly inputs: readonly FoldInput[];
  readonly order: CompactionOrder;
  readonly cleanTo: Offset;
}

type Planner = (facts: PlanFacts) => readonly Step[];

const PLANNERS: Readonly<Record<CompactionStrategy, Planner>> = {
  key: ({ inputs, order }) => [everything(inputs, order.rules)],
  merge: planMerge,
  "time-window": planWindows,
  tiered: planTiers,
};

/** Which files are compared with which: a function of sizes, ages and rules. */
export function planCompaction(facts: PlanFacts): readonly Step[] {
  return facts.inputs.length === 0 ? [] : PLANNERS[facts.order.rules.strategy](facts);
}

/** Share of the bytes that was not yet compared with everything older. */
export function dirtyRatio(inputs: readonly FoldInput[], cleanTo: Offset): number {
  let all = 0;
  let dirty = 0;
  for (const { bytes, nextOffset } of inputs) {
    all += bytes;
    if (nextOffset > cleanTo) dirty += bytes;
  }
  return all === 0 ? 0 : dirty / all;
}

function everything(inputs: readonly FoldInput[], rules: CompactionRules): Step {
  return foldOf(inputs, rules.segmentBytes / 2);
}

function foldOf(inputs: readonly FoldInput[], smallBelow: number, settles = false): Step {
  return { kind: "fold", fold: { inputs, smallBelow, settles } };
}

/** Comparing everything pays once there is more that was not than there is that was. */
function isMajorDue({ inputs, cleanTo }: PlanFacts): boolean {
  return dirtyRatio(inputs, cleanTo) > 0.5;
}

/** Sealed segments, and small files next to each other or to them; large ones stay. */
function planMerge(facts: PlanFacts): readonly Step[] {
  const { inputs, order } = facts;
  const { rules } = order;
  if (isMajorDue(facts)) return [everything(inputs, rules)];
  const small = (input: FoldInput): boolean => input.bytes < rules.segmentBytes / 2;
  return runsOf(inputs, (input) => (input.kind === "sealed" || small(input) ? "fold" : undefined))
    .map(({ members, label }) =>
      label === undefined || isLoneFile(members)
        ? members.map(keep)
        : [foldOf(members, rules.segmentBytes / 2)],
    )
    .flat();
}

/** Each window of time by itself, once it is complete; before, segments are only taken in. */
function planWindows({ inputs, order }: PlanFacts): readonly Step[] {
  const { rules, snapshotTimestamp } = order;
  const windowOf = (timestamp: number): number => Math.floor(timestamp / rules.windowMs);
  const current = windowOf(snapshotTimestamp);
  return runsOf(inputs, ({ lastTimestamp }) => windowOf(lastTimestamp)).flatMap(
    ({ members, label }) => {
      if (label === undefined || label < current) return [...closeWindow(members)];
      return members.map((input) => (input.kind === "sealed" ? foldOf([input], 0) : keep(input)));
    },
  );
}

/** Files of a complete window: those that were merged already stay, whatever came later. */
function* closeWindow(members: readonly FoldInput[]): Generator<Step> {
  for (const { members: run, label } of runsOf(members, (input) => isSettled(input)))
    if (label === true) yield* run.map(keep);
    else yield foldOf(run, Number.POSITIVE_INFINITY, true);
}

function isSettled(input: FoldInput): boolean {
  return input.kind === "compacted" && input.file.settled;
}

/** Tiers of a size each four times that of the one before; the largest ends at a segment. */
const TIER_FACTOR = 4;
const TIERS = 4;

/** Four neighbours of one tier become one file of the next; segments begin where they belong. */
function planTiers(facts: PlanFacts): readonly Step[] {
  const { inputs, order } = facts;
  const { rules } = order;
  if (isMajorDue(facts)) return [everything(inputs, rules)];
  const runs = runsOf(inputs, ({ bytes }) => tierOf(bytes, rules.segmentBytes));
  return runs.flatMap(({ members, label }) => {
    if (label !== TIERS && members.length >= TIER_FACTOR)
      return [foldOf(members, rules.segmentBytes)];
    return members.map((input) => (input.kind === "sealed" ? foldOf([input], 0) : keep(input)));
  });
}

/** 0 to TIERS - 1; TIERS: as large as files get. */
function tierOf(bytes: number, segmentBytes: number): number {
  let tier = TIERS;
  for (let atLeast = segmentBytes; tier > 0 && bytes < atLeast; atLeast /= TIER_FACTOR) tier--;
  return tier;
}

/** A single compacted file: nothing to join it with. */
function isLoneFile(members: readonly FoldInput[]): boolean {
  return members.length === 1 && members[0]?.kind === "compacted";
}

function keep(input: FoldInput): Step {
  return input.kind === "compacted"
    ? { kind: "keep", input }
    : { kind: "fold", fold: { inputs: [input], smallBelow: 0, settles: false } };
}

interface Run<L> {
  readonly label: L;
  readonly members: FoldInput[];
}

/** Neighbours with the same label. */
function runsOf<L>(inputs: readonly FoldInput[], labelOf: (input: FoldInput) => L): Run<L>[] {
  const runs: Run<L>[] = [];
  for (const input of inputs) {
    const label = labelOf(input);
    const last = runs.at(-1);
    if (last !== undefined && last.label === label) last.members.push(input);
    else runs.push({ label, members: [input] });
  }
  return runs;
}
