import type { WorldOptions } from "./world-options.ts";

/** What decides a run: the same options give the same trace, byte for byte. */
export interface RunOptions {
  readonly seed: number;
  /** 3 or 5 voters. */
  readonly nodes: number;
  /** How long faults strike, in milliseconds of the world. */
  readonly faultsMs: number;
  /** A mix of `FAULT_MIXES`, or kinds separated by commas. */
  readonly faults: string;
  /** Numbers of strikes that are left out. */
  readonly skip: readonly number[];
}

export const DEFAULT_RUN: Omit<RunOptions, "seed"> = {
  nodes: 3,
  faultsMs: 22_000,
  faults: "default",
  skip: [],
};

/** What a test changes about the world beyond its options. */
export type Planted = Partial<WorldOptions>;

/** The command line that runs it again. */
export function replayLine({ seed, nodes, faultsMs, faults, skip }: RunOptions): string {
  const parts = [`balsa sim run --seed ${seed}`];
  if (nodes !== DEFAULT_RUN.nodes) parts.push(`--nodes ${nodes}`);
  if (faultsMs !== DEFAULT_RUN.faultsMs) parts.push(`--duration ${faultsMs}ms`);
  if (faults !== DEFAULT_RUN.faults) parts.push(`--faults ${faults}`);
  if (skip.length > 0) parts.push(`--skip ${skipText(skip)}`);
  return parts.join(" ");
}

/** Numbers as ranges: `1-7,9`. */
export function skipText(skip: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const number of [...skip].sort((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && number <= range.last + 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join(",");
}

/** @throws Error when `text` is not made of numbers and ranges. */
export function parseSkip(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(",").flatMap((part) => {
    const [, first, last = first] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part.trim()) ?? [];
    if (first === undefined) throw new Error(`"${part}" is neither a number nor a range like 3-7`);
    const length = Math.max(0, Number(last) - Number(first) + 1);
    return Array.from({ length }, (_, i) => Number(first) + i);
  });
}
