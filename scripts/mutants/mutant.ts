/** One change to one file of a copy of the source. */
export interface Edit {
  /** Path below `src/`. */
  readonly file: string;
  /** Stands in the file exactly once; otherwise the mutant is stale. */
  readonly find: string;
  readonly replace: string;
}

/** How the simulator is asked to look; what is absent is as in every campaign. */
export interface WorldChoice {
  readonly nodes?: number;
  readonly faultsMs?: number;
  /** A mix of faults, or kinds separated by commas (`src/sim/nemesis/fault-mixes.ts`). */
  readonly faults?: string;
  /** The cores are judged after every step and start: for what neither clients nor traces show. */
  readonly invariants?: boolean;
  /** Of the world's sizes and settings: what every one of its seeds has, instead of drawing it. */
  readonly fixed?: FixedSizes;
}

/** Part of `WorldOptions` (`src/sim/world-options.ts`). */
export interface FixedSizes {
  /** Segments come and go. */
  readonly life?: boolean;
  /** Records have keys, of so many. */
  readonly keys?: number;
  readonly segmentBytes?: number;
  /** By the names of `LogSettings`. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** A bug that somebody had, as a patch that exists only here. */
export interface Mutant {
  /** `m01` is M1 of the list of known bugs; `s01` and so on concern what lies on the disk. */
  readonly id: string;
  readonly title: string;
  /** Who had it, or what it stands for. */
  readonly source: string;
  /** What goes wrong because of it, as a sentence. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
  readonly world?: WorldChoice;
}
