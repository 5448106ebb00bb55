import type { Offset } from "../../common/brand.ts";
import type { CompactedInput, FoldInput } from "./fold-input.ts";
import type { Cover } from "./manifest.ts";
import { OutputFiles, type UnfinishedFiles } from "./output-files.ts";
import { copySurvivors, fillTable, losesRecords, type PassPorts } from "./pass.ts";
import { Survival } from "./survival.ts";
import type { CompactionOrder } from "./types.ts";

/** Consecutive inputs that are compared with each other. */
export interface Fold {
  readonly inputs: readonly FoldInput[];
  /** A compacted file of at least so many bytes stays as it is when it loses no record. */
  readonly smallBelow: number;
  /** Its files are left alone by later plans. */
  readonly settles: boolean;
}

export interface FoldContext extends PassPorts {
  readonly order: CompactionOrder;
  readonly covers: readonly Cover[];
  /** No record below it is superseded by another below it. */
  readonly cleanTo: Offset;
  readonly keyTableBytes: number;
  readonly files: UnfinishedFiles;
}

export interface FoldResult {
  /** In the order of their offsets. */
  readonly outputs: readonly CompactedInput[];
  readonly recordsDropped: number;
  /** First record that stays although a newer one has its key; infinite: there is none. */
  readonly firstSuperseded: number;
}

/**
 * Carries out a fold: a pass, or several when there are more keys than the table holds. Each pass
 * knows the keys of a stretch of offsets and goes over everything older; what it makes takes the
 * place of what it read. `oldest`: no older file is left out.
 */
export async function runFold(
  context: FoldContext,
  fold: Fold,
  oldest: boolean,
): Promise<FoldResult> {
  const { order, covers } = context;
  let inputs = fold.inputs;
  let from = Math.max(context.cleanTo, inputs[0]?.baseOffset ?? 0) as Offset;
  let recordsDropped = 0;
  let firstSuperseded = Number.POSITIVE_INFINITY;
  for (;;) {
    const { table, knownTo } = await fillTable(context, inputs, from, context.keyTableBytes);
    const end = inputs.at(-1)?.nextOffset ?? from;
    const survival = new Survival({ order, covers, table, knownTo: knownTo ?? end, oldest });
    const behind = knownTo === undefined ? -1 : inputs.findIndex((i) => i.nextOffset > knownTo) + 1;
    const read = behind <= 0 ? inputs : inputs.slice(0, behind);
    const pass = await runPass(context, fold, read, survival);
    await removeReplaced(context, read, pass.outputs);
    recordsDropped += pass.dropped;
    firstSuperseded = Math.min(firstSuperseded, survival.firstSuperseded);
    inputs = [...pass.outputs, ...inputs.slice(read.length)];
    if (knownTo === undefined) break;
    from = knownTo;
  }
  const outputs = inputs.filter((input) => input.kind === "compacted");
  return { outputs, recordsDropped, firstSuperseded };
}

interface PassResult {
  readonly outputs: readonly CompactedInput[];
  readonly dropped: number;
}

async function runPass(
  context: FoldContext,
  fold: Fold,
  inputs: readonly FoldInput[],
  survival: Survival,
): Promise<PassResult> {
  const outputs: CompactedInput[] = [];
  let dropped = 0;
  for (const group of await groupsOf(context, fold, inputs, survival)) {
    if (group.stays !== undefined) {
      outputs.push(group.stays);
      continue;
    }
    const made = await rewrite(context, group.inputs, survival);
    dropped += made.dropped;
    outputs.push(...made.outputs);
  }
  return { outputs, dropped };
}

interface Group {
  readonly inputs: FoldInput[];
  /** The one input, which need not be written again. */
  readonly stays: CompactedInput | undefined;
}

/** Neighbours that are written anew together; between them, files that stay. */
async function groupsOf(
  context: FoldContext,
  fold: Fold,
  inputs: readonly FoldInput[],
  survival: Survival,
): Promise<readonly Group[]> {
  const groups: Group[] = [];
  let rewritten: FoldInput[] | undefined;
  for (const input of inputs) {
    const large = input.kind === "compacted" && input.bytes >= fold.smallBelow;
    if (large && !(await losesRecords(context, input, survival))) {
      groups.push({ inputs: [input], stays: input });
      rewritten = undefined;
    } else if (rewritten === undefined) {
      rewritten = [input];
      groups.push({ inputs: rewritten, stays: undefined });
    } else rewritten.push(input);
  }
  const needed: Group[] = [];
  for (const group of groups) needed.push(await withoutNeed(context, fold, group, survival));
  return needed;
}

/** A small file without neighbours to join stays, too, unless it loses records. */
async function withoutNeed(
  context: FoldContext,
  fold: Fold,
  group: Group,
  survival: Survival,
): Promise<Group> {
  const [only] = group.inputs;
  if (group.inputs.length > 1 || only?.kind !== "compacted" || group.stays !== undefined)
    return group;
  if (only.bytes >= fold.smallBelow) return group;
  return (await losesRecords(context, only, survival)) ? group : { ...group, stays: only };
}

async function rewrite(
  context: FoldContext,
  inputs: readonly FoldInput[],
  survival: Survival,
): Promise<PassResult> {
  const { files, budget, order } = context;
  const base = inputs[0]?.baseOffset ?? (0 as Offset);
  const out = new OutputFiles(files, budget, order.rules.segmentBytes, base);
  let dropped = 0;
  try {
    for (const input of inputs)
      dropped += await copySurvivors(context, input, survival, (header, skip, count, payload) =>
        out.add(header, skip, count, payload),
      );
    const last = inputs.at(-1);
    if (last !== undefined) await out.end(last.nextOffset, last.lastIndex);
  } catch (thrown) {
    await out.abandon();
    throw thrown;
  }
  return { outputs: out.made, dropped };
}

/** What an earlier pass made and this one replaced. */
async function removeReplaced(
  { files }: FoldContext,
  read: readonly FoldInput[],
  outputs: readonly CompactedInput[],
): Promise<void> {
  const kept = new Set(outputs.map(({ path }) => path));
  for (const { path } of read) if (files.has(path) && !kept.has(path)) await files.remove(path);
}
