import { parse } from "yaml";
import { z } from "zod";
import { InvalidValue, parseDurationMs } from "../../runtime/config/quantity.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

/** What a cluster must let be done to it for a fault to be possible. */
export type FaultNeed = "processes" | "links" | "disks";

/** Every fault, what it needs, and what it does. */
export const FAULTS = {
  kill: { need: "processes", means: "SIGKILL; started again at the end" },
  "kill-all": { need: "processes", means: "SIGKILL of every node at once; all started again" },
  pause: { need: "processes", means: "SIGSTOP; SIGCONT at the end" },
  restart: { need: "processes", means: "stopped in good order, started again at once" },
  isolate: { need: "links", means: "nothing passes between the node and its peers" },
  mute: { need: "links", means: "nothing passes from the node to its peers; it still hears them" },
  deaf: { need: "links", means: "nothing passes from its peers to the node; they still hear it" },
  ring: { need: "links", means: "every node hears only one of its two neighbours" },
  delay: { need: "links", means: "whatever the node says or hears is late" },
  reset: { need: "links", means: "the node's connections are reset, again and again" },
  "sync-error": { need: "disks", means: "the next sync fails with EIO: the process must end" },
  "no-space": { need: "disks", means: "the next write fails with ENOSPC: the process must end" },
  "short-write": { need: "disks", means: "writes write half of what they were given" },
  hang: { need: "disks", means: "no sync returns until the end" },
  "slow-sync": { need: "disks", means: "every sync is late" },
  "low-space": { need: "disks", means: "the disk says that it is full: appends are refused" },
} as const satisfies Record<string, { readonly need: FaultNeed; readonly means: string }>;

export type FaultName = keyof typeof FAULTS;

/** From and to, both included. */
export interface RangeMs {
  readonly minMs: number;
  readonly maxMs: number;
}

/** One kind of fault that a scenario draws from. */
export interface FaultPlan {
  readonly do: FaultName;
  readonly node: "leader" | "follower" | "any";
  readonly lasts: RangeMs;
  /** How late, where something is made late. */
  readonly by: RangeMs;
}

export interface Scenario {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** Rest between the end of a fault and the next one. */
  readonly calm: RangeMs;
  /** Faults that may be in force together. */
  readonly atOnce: number;
  readonly faults: readonly FaultPlan[];
}

const NAMES = Object.keys(FAULTS) as [FaultName, ...FaultName[]];
const DEFAULT_BY = "50ms-300ms";

const range = z.string().transform((text, context): RangeMs => {
  try {
    return parseRange(text);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    context.addIssue(error.message);
    return z.NEVER;
  }
});

const fileSchema = z.strictObject({
  summary: z.string(),
  calm: range,
  "at-once": z.int().min(1).max(3).default(1),
  faults: z
    .array(
      z.strictObject({
        do: z.enum(NAMES),
        node: z.enum(["leader", "follower", "any"]).default("any"),
        for: range,
        by: range.prefault(DEFAULT_BY),
      }),
    )
    .min(1),
});

/** @throws Failure that names the place */
export function parseScenario(name: string, text: string, path: string): Scenario {
  const result = fileSchema.safeParse(readYaml(text, path));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw misread(path, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "cannot be read"}`);
  }
  const { summary, calm, faults, "at-once": atOnce } = result.data;
  return {
    ...{ name, summary, calm, atOnce },
    faults: faults.map(({ for: lasts, ...rest }) => ({ ...rest, lasts })),
  };
}

/** `500ms-3s`, or `2s` alone. @throws InvalidValue */
export function parseRange(text: string): RangeMs {
  const [low = "", high = low, ...rest] = text.split("-");
  const range = { minMs: parseDurationMs(low), maxMs: parseDurationMs(high) };
  if (rest.length > 0 || range.maxMs < range.minMs)
    throw new InvalidValue(`"${text}" is not a range such as 500ms-3s`);
  return range;
}

function readYaml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw misread(path, error instanceof Error ? error.message : String(error));
  }
}

function misread(path: string, reason: string): Failure {
  const hint = `faults: ${NAMES.join(", ")} (docs/chaos.md)`;
  return new Failure(EXIT.invalidValue, "INVALID_ARGUMENT", `${path}: ${reason}`, hint);
}
