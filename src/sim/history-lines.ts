import type { TraceEvent } from "../common/trace.ts";
import type {
  AppendOperation,
  BoundsSample,
  Fault,
  ReadEntry,
  ReadOperation,
  RunRecord,
  SealedFile,
} from "./history.ts";

/** What the whole run has one of. A later line adds to an earlier one and wins over it. */
export interface RunLine
  extends Partial<Pick<RunRecord, "nodes" | "recovery" | "expected" | "timing" | "retention">> {
  readonly limits?: NonNullable<RunRecord["bounds"]>["limits"] | undefined;
}

/** One node's log was read; its entries follow in lines of their own, perhaps none. */
export interface LogLine {
  readonly nodeId: string;
  readonly snapshotEnd?: number | undefined;
  readonly compactedTo?: number | undefined;
}

/** One entry of a node's log, in the order in which the node gave them. */
export interface EntryLine extends ReadEntry {
  readonly nodeId: string;
}

/** What a line can be, by its `kind`. */
export interface HistoryItems {
  readonly run: RunLine;
  readonly append: AppendOperation;
  readonly read: ReadOperation;
  readonly log: LogLine;
  readonly entry: EntryLine;
  readonly sealed: SealedFile;
  readonly fault: Fault;
  readonly bounds: BoundsSample;
  readonly trace: TraceEvent;
}

export type HistoryKind = keyof HistoryItems;

type Shape = keyof typeof FITS;

const FITS = {
  string: (value: unknown) => typeof value === "string",
  number: (value: unknown) => typeof value === "number",
  "number, if any": (value: unknown) => value === undefined || typeof value === "number",
  strings: (value: unknown) =>
    Array.isArray(value) && value.every((each) => typeof each === "string"),
  object: isObject,
  "object, if any": (value: unknown) => value === undefined || isObject(value),
  // A misspelt outcome would be neither: every check would pass it over.
  "acknowledged, failed or unknown": isOneOf("acknowledged", "failed", "unknown"),
  "linearizable or local": isOneOf("linearizable", "local"),
} satisfies Record<string, (value: unknown) => boolean>;

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function isOneOf(...values: readonly string[]) {
  return (value: unknown) => typeof value === "string" && values.includes(value);
}

/** What must be there for a line to be used; what else it holds is taken as it is. */
const SHAPES: Readonly<Record<HistoryKind, Readonly<Record<string, Shape>>>> = {
  run: {},
  append: {
    ...{ client: "string", values: "strings", invokedMs: "number", settledMs: "number, if any" },
    ...{ outcome: "acknowledged, failed or unknown", offset: "number, if any" },
  },
  read: {
    ...{ client: "string", nodeId: "string", consistency: "linearizable or local", from: "number" },
    ...{ invokedMs: "number", settledMs: "number, if any", answer: "object, if any" },
  },
  log: { nodeId: "string", snapshotEnd: "number, if any", compactedTo: "number, if any" },
  entry: {
    ...{ nodeId: "string", index: "number", term: "number", chain: "number" },
    ...{ baseOffset: "number", values: "strings" },
  },
  sealed: { nodeId: "string", file: "string", sha256: "string" },
  fault: { kind: "string", atMs: "number", untilMs: "number, if any" },
  bounds: { nodeId: "string", timeMs: "number", held: "object" },
  trace: { node: "string", time: "number", term: "number", event: "string", facts: "object" },
};

/** One line of a history, without its end: for drivers that write as they go. */
export function historyLine<Kind extends HistoryKind>(
  kind: Kind,
  item: HistoryItems[Kind],
): string {
  return JSON.stringify({ line: kind, ...item });
}

/** Throws an Error that says what is wrong with the line. */
export function parseHistoryLine(text: string): {
  readonly kind: HistoryKind;
  readonly item: HistoryItems[HistoryKind];
} {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== "object" || parsed === null) throw new Error("not an object");
  const { line: kind, ...item } = parsed as Record<string, unknown>;
  const shape = Object.hasOwn(SHAPES, String(kind)) ? SHAPES[kind as HistoryKind] : undefined;
  if (shape === undefined)
    throw new Error(`\`line\` is ${JSON.stringify(kind)}, not one of ${names()}`);
  for (const [name, expected] of Object.entries(shape))
    if (!FITS[expected](item[name])) throw new Error(`${String(kind)} needs ${name}: ${expected}`);
  return { kind: kind as HistoryKind, item };
}

function names(): string {
  return Object.keys(SHAPES).join(", ");
}
