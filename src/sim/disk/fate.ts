import { type Random, randomInteger } from "../../common/random.ts";

/** What a device writes as a whole, or so one hopes. Tears fall on multiples of it. */
export const SECTOR_BYTES = 512;

/** What lies where a torn write did not arrive. `old` beyond the old end: the file ends earlier. */
export const FILLINGS = ["old", "zeros", "garbage"] as const;
export type Filling = (typeof FILLINGS)[number];

/** Part of a write arrived: the pieces of `grainBytes` each for which `arrived` holds. */
export interface Torn {
  readonly grainBytes: number;
  /** `piece` counts from the start of the file. */
  arrived(piece: number): boolean;
  readonly filling: Filling;
}

export type Fate = "lost" | "kept" | Torn;

/** A write or truncate that no sync has covered, or a change of a directory that none has. */
export interface PendingOperation {
  /** Number of the operation on this disk. */
  readonly number: number;
  readonly label: string;
}

/** Decides, at a power loss, what becomes of everything that was not synced. */
export interface CrashPolicy {
  write(operation: PendingOperation & { readonly position: number; readonly length: number }): Fate;
  truncate(operation: PendingOperation): "lost" | "kept";
  /** A name created, renamed or unlinked, its directory not synced since. */
  entry(operation: PendingOperation): "lost" | "kept";
}

export const ALL_LOST: CrashPolicy = {
  write: () => "lost",
  truncate: () => "lost",
  entry: () => "lost",
};

export const ALL_KEPT: CrashPolicy = {
  write: () => "kept",
  truncate: () => "kept",
  entry: () => "kept",
};

/** Each operation on its own lost, kept or torn; a later one may outlive an earlier one. */
export function randomFates(random: Random): CrashPolicy {
  const coin = () => (random.next() < 0.5 ? "lost" : "kept");
  return {
    truncate: coin,
    entry: coin,
    write: () => {
      if (random.next() < 0.6) return coin();
      const filling = FILLINGS[randomInteger(random, 0, 2)] ?? "old";
      const share = random.next();
      const arrived = () => random.next() < share;
      return { grainBytes: SECTOR_BYTES, arrived, filling };
    },
  };
}
