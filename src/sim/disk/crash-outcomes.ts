import { ALL_KEPT, ALL_LOST, type CrashPolicy, FILLINGS, SECTOR_BYTES, type Torn } from "./fate.ts";
import type { PendingFileChange, SimDisk } from "./sim-disk.ts";

/** One thing that a crash may leave behind. */
export interface CrashOutcome {
  /** `power loss: torn before byte 512 of write log/…, then zeros; the rest kept`. */
  readonly label: string;
  /** A fork, crashed and ready for `mount()`. */
  readonly disk: SimDisk;
}

export interface OutcomeLimits {
  /** Tears fall on multiples of it in the file; smaller than a sector: a sector tears too. */
  readonly grainBytes?: number;
  /** Most tears tried per write, spread evenly over it. */
  readonly maxTears?: number;
  /** Up to so many pending changes, every subset of them is tried; else each one alone. */
  readonly maxSubsetOf?: number;
}

const DEFAULT_LIMITS: Required<OutcomeLimits> = {
  grainBytes: SECTOR_BYTES,
  maxTears: 12,
  maxSubsetOf: 5,
};

/**
 * What a crash at this moment may leave: the process killed (page cache kept), and power losses
 * with subsets of the pending changes and names kept, each write torn at each place with each
 * filling while all others are kept or lost, and all writes torn. The disk is left as it is.
 */
export function* crashOutcomes(disk: SimDisk, limits: OutcomeLimits = {}): Iterable<CrashOutcome> {
  const bounds = { ...DEFAULT_LIMITS, ...limits };
  const killed = disk.fork();
  killed.kill();
  yield { label: "killed: page cache kept", disk: killed };
  for (const { label, policy } of powerLosses(disk, bounds)) {
    const fork = disk.fork();
    fork.crash(policy);
    yield { label: `power loss: ${label}`, disk: fork };
  }
}

interface NamedPolicy {
  readonly label: string;
  readonly policy: CrashPolicy;
}

function* powerLosses(disk: SimDisk, bounds: Required<OutcomeLimits>): Iterable<NamedPolicy> {
  const changes = disk.pendingChanges();
  const entries = disk.pendingEntries();
  if (changes.length === 0 && entries.length === 0) return;
  for (const names of subsets(entries, bounds.maxSubsetOf))
    for (const kept of subsets(changes, bounds.maxSubsetOf)) {
      const keptNumbers = new Set([...names, ...kept].map((operation) => operation.number));
      yield { label: describeKept([...names, ...kept]), policy: keepOnly(keptNumbers) };
    }
  if (changes.length > 1) yield* allTorn(bounds.grainBytes);
  for (const change of changes)
    for (const rest of changes.length > 1 ? [ALL_KEPT, ALL_LOST] : [ALL_KEPT])
      yield* tears(change, rest, bounds);
}

function describeKept(kept: readonly { readonly label: string }[]): string {
  return kept.length === 0 ? "all lost" : `kept only: ${kept.map(({ label }) => label).join(", ")}`;
}

function keepOnly(numbers: ReadonlySet<number>): CrashPolicy {
  const fate = ({ number }: { readonly number: number }) => (numbers.has(number) ? "kept" : "lost");
  return { write: fate, truncate: fate, entry: fate };
}

/** Every subset of a few; of many: none, all, each one alone, all but each one, each prefix. */
function subsets<T>(items: readonly T[], maxSubsetOf: number): readonly (readonly T[])[] {
  if (items.length <= maxSubsetOf)
    return Array.from({ length: 2 ** items.length }, (_, mask) =>
      items.filter((_item, i) => (mask >> i) & 1),
    );
  const prefixes = items.map((_, i) => items.slice(0, i));
  const alone = items.map((item) => [item]);
  const without = items.map((_, i) => items.filter((_item, j) => j !== i));
  return [items, ...prefixes, ...alone, ...without];
}

function* tears(
  change: PendingFileChange,
  rest: CrashPolicy,
  bounds: Required<OutcomeLimits>,
): Iterable<NamedPolicy> {
  const { position, length, number, label } = change;
  if (position === undefined || length === undefined) return;
  const others = rest === ALL_KEPT ? "the rest kept" : "other writes lost, names kept";
  for (const piece of cuts(position, length, bounds)) {
    const at = Math.max(0, piece * bounds.grainBytes - position);
    for (const filling of FILLINGS)
      for (const side of ["before", "after"] as const) {
        const arrived = (one: number) => (side === "before" ? one < piece : one >= piece);
        const torn: Torn = { grainBytes: bounds.grainBytes, arrived, filling };
        yield {
          label: `only ${side} byte ${at} of ${label} arrived, else ${filling}; ${others}`,
          policy: {
            truncate: (operation) => rest.truncate(operation),
            entry: () => "kept",
            write: (other) => (other.number === number ? torn : rest.write(other)),
          },
        };
      }
  }
}

/** All writes at once: of none of them anything arrived, and what lay there before is gone too. */
function* allTorn(grainBytes: number): Iterable<NamedPolicy> {
  for (const filling of ["zeros", "garbage"] as const) {
    const torn: Torn = { grainBytes, arrived: () => false, filling };
    yield { label: `${filling} for every write`, policy: { ...ALL_KEPT, write: () => torn } };
  }
}

/** Pieces of the file where the write may tear: its first, its end, and those between. */
function cuts(
  position: number,
  length: number,
  bounds: Required<OutcomeLimits>,
): readonly number[] {
  const first = Math.floor(position / bounds.grainBytes);
  const end = Math.ceil((position + length) / bounds.grainBytes);
  const step = Math.max(1, (end - first) / bounds.maxTears);
  const chosen = new Set<number>([end]);
  for (let piece = first; piece < end; piece += step) chosen.add(Math.floor(piece));
  return [...chosen];
}
