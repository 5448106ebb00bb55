import fc from "fast-check";
import type {
  AppendOperation,
  ReadEntry,
  ReadOperation,
  RunRecord,
} from "../../../../src/sim/history.ts";

/** What is drawn for one operation of a run that goes well. */
interface Drawn {
  readonly kind: "append" | "unknown" | "failed" | "read";
  readonly size: number;
  /** How long before its effect it was called, and how long after it was answered. */
  readonly before: number;
  readonly after: number;
  /** How much time passes until the next one takes effect. */
  readonly pause: number;
  readonly from: number;
}

/** A change after which a run may be impossible, or may not. */
interface Perturbation {
  readonly kind: (typeof PERTURBATIONS)[number];
  readonly at: number;
  readonly by: number;
}

const PERTURBATIONS = [
  "none",
  "call later",
  "answer earlier",
  "all of it later",
  "all of it earlier",
  "other order",
  "other offset",
  "other watermark",
  "other value",
  "swap entries",
  "drop entry",
  "repeat entry",
  "other outcome",
] as const;

/** Drawn more often: what only the rule of real time can notice. */
const IN_TIME = ["all of it later", "all of it earlier", "all of it later", "other order"] as const;

const drawn: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.constantFrom("append", "append", "unknown", "failed", "read", "read"),
  size: fc.integer({ min: 1, max: 2 }),
  before: fc.integer({ min: 0, max: 4 }),
  after: fc.integer({ min: 0, max: 4 }),
  pause: fc.integer({ min: 0, max: 3 }),
  from: fc.nat({ max: 3 }),
});

const perturbation: fc.Arbitrary<Perturbation> = fc.record({
  kind: fc.constantFrom(...PERTURBATIONS, ...IN_TIME),
  at: fc.nat({ max: 20 }),
  by: fc.integer({ min: 1, max: 6 }),
});

/** Runs of at most seven operations: lived through one after another, then perturbed or not. */
export const smallHistories: fc.Arbitrary<RunRecord> = fc
  .tuple(fc.array(drawn, { minLength: 1, maxLength: 7 }), fc.array(perturbation, { maxLength: 3 }))
  .map(([operations, perturbations]) => {
    const run = live(operations);
    for (const each of perturbations) perturb(run, each);
    return run;
  });

interface Run extends RunRecord {
  readonly appends: AppendOperation[];
  readonly reads: ReadOperation[];
  readonly logs: { readonly nodeId: string; readonly entries: ReadEntry[] }[];
}

function live(operations: readonly Drawn[]): Run {
  const entries: ReadEntry[] = [];
  const run: Run = {
    ...{ nodes: ["n1"], appends: [], reads: [], logs: [{ nodeId: "n1", entries }] },
    ...{ sealed: [], trace: [] },
  };
  let nowMs = 10;
  for (const [number, { kind, size, before, after, pause, from }] of operations.entries()) {
    const [invokedMs, settledMs] = [nowMs - before, nowMs + after];
    const log = entries.flatMap(({ values }) => values);
    const values = Array.from({ length: size }, (_, i) => `v${number}-${i}`);
    // What is unknown was written when `from` is even.
    const written = kind === "append" || (kind === "unknown" && from % 2 === 0);
    const client = `c${number}`;
    if (kind === "read") {
      const answer = { values: log.slice(from), highWatermark: log.length, logStartOffset: 0 };
      const consistency = "linearizable";
      run.reads.push({ client, nodeId: "n1", consistency, from, invokedMs, settledMs, answer });
    } else {
      const outcome = kind === "append" ? "acknowledged" : kind;
      const offset = kind === "append" ? log.length : undefined;
      run.appends.push({ client, values, invokedMs, settledMs, outcome, offset });
    }
    if (written) entries.push(entryAfter(entries, values));
    nowMs += pause;
  }
  return run;
}

function entryAfter(entries: readonly ReadEntry[], values: readonly string[]): ReadEntry {
  const baseOffset = entries.reduce((sum, entry) => sum + entry.values.length, 0);
  return { index: entries.length + 1, term: 1, chain: 0, baseOffset, values };
}

function perturb(run: Run, { kind, at, by }: Perturbation): void {
  const { appends, reads, logs } = run;
  const operations: (AppendOperation | ReadOperation)[] = [...appends, ...reads];
  const operation = operations[at % operations.length];
  const append = appends[at % Math.max(1, appends.length)];
  const read = reads[at % Math.max(1, reads.length)];
  const entries = logs[0]?.entries ?? [];
  const batches = entries.map(({ values }) => values);
  const picked = batches[at % Math.max(1, batches.length)];
  if (kind === "call later")
    replace(run, operation, { invokedMs: (operation?.invokedMs ?? 0) + by });
  if (kind === "answer earlier")
    replace(run, operation, { settledMs: (operation?.settledMs ?? 0) - by });
  if (kind === "all of it later") replace(run, operation, moved(operation, by));
  if (kind === "all of it earlier") replace(run, operation, moved(operation, -by));
  if (kind === "other offset" && append?.offset !== undefined)
    replace(run, append, { offset: Math.max(0, append.offset - 3 + by) });
  if (kind === "other watermark" && read?.answer !== undefined) {
    const highWatermark = Math.max(0, read.answer.highWatermark - 3 + by);
    const values = read.answer.values.slice(0, Math.max(0, highWatermark - read.from));
    replace(run, read, { answer: { ...read.answer, highWatermark, values } });
  }
  if (kind === "other value" && read?.answer !== undefined && read.answer.values.length > 0)
    replace(run, read, { answer: { ...read.answer, values: [`v${by}-0`] } });
  if ((kind === "swap entries" || kind === "other order") && batches.length > 1)
    batches.push(...batches.splice(at % (batches.length - 1), 1));
  if (kind === "other order") tellAsItLies(run, batches);
  if (kind === "drop entry") batches.splice(at % Math.max(1, batches.length), 1);
  if (kind === "repeat entry" && picked !== undefined) batches.push(picked);
  if (kind === "other outcome" && append !== undefined)
    replace(run, append, { outcome: "failed", offset: undefined });
  entries.length = 0;
  for (const values of batches) entries.push(entryAfter(entries, values));
}

function moved(operation: AppendOperation | ReadOperation | undefined, byMs: number) {
  const { invokedMs = 0, settledMs = 0 } = operation ?? {};
  return { invokedMs: invokedMs + byMs, settledMs: settledMs + byMs };
}

/** Everybody was told what fits the log; only the times may contradict it now. */
function tellAsItLies(run: Run, batches: readonly (readonly string[])[]): void {
  const log = batches.flat();
  for (const append of [...run.appends])
    if (append.offset !== undefined)
      replace(run, append, { offset: log.indexOf(append.values[0] ?? "") });
  for (const read of [...run.reads])
    if (read.answer !== undefined) {
      const values = log.slice(read.from, read.answer.highWatermark);
      replace(run, read, { answer: { ...read.answer, values } });
    }
}

/** Never an answer before its call: no driver writes that down. */
function replace(
  { appends, reads }: Run,
  operation: AppendOperation | ReadOperation | undefined,
  changes: Partial<AppendOperation> | Partial<ReadOperation>,
): void {
  if (operation === undefined) return;
  const changed = { ...operation, ...changes } as AppendOperation | ReadOperation;
  if ((changed.settledMs ?? Infinity) < changed.invokedMs) return;
  const append = appends.findIndex((each) => each === operation);
  if (append >= 0) appends[append] = changed as AppendOperation;
  const read = reads.findIndex((each) => each === operation);
  if (read >= 0) reads[read] = changed as ReadOperation;
}
