import { FatalError } from "../../../common/fatal-error.ts";
import { join } from "../../layout.ts";
import type { EntryId } from "../../../raft/types.ts";
import type { SegmentRef } from "../../types.ts";
import { absent, damage } from "../damage.ts";
import {
  compareSegmentNames,
  isRepairName,
  parseSegmentFileName,
  type SegmentFileName,
} from "../segment-name.ts";

/** One segment's names as found in the directory. */
export interface FoundSegment {
  readonly stem: string;
  readonly name: SegmentFileName;
  log: boolean;
  index: boolean;
}

/** The directory, seen through the manifest. */
export interface Inventory {
  /** From the first to the active segment, oldest first; their `.log` files exist. */
  readonly named: readonly FoundSegment[];
  /** Older than the first: let go, and not gone yet. */
  readonly dropped: readonly FoundSegment[];
  /** Newer than the active segment: begun and never named, or emptied and no longer named. */
  readonly leftovers: readonly FoundSegment[];
  /** Files that were being written anew and never took their place. */
  readonly repairs: readonly string[];
}

export interface Manifest {
  readonly firstSegment: SegmentRef | undefined;
  readonly activeSegment: SegmentRef | undefined;
  /** What a durable snapshot covers may be gone. */
  readonly snapshot?: EntryId | undefined;
}

/**
 * Sorts what lies in `log/` by what the manifest names. Touches nothing.
 * @throws FatalError("config") for a file that no log writes, FatalError("corruption") for a file
 *   that is named and absent, or older than what is named.
 */
export function takeInventory(
  directory: string,
  names: readonly string[],
  manifest: Manifest,
): Inventory {
  const repairs = names.filter(isRepairName);
  const found = group(
    directory,
    names.filter((name) => !isRepairName(name)),
  );
  const { firstSegment, activeSegment } = manifest;
  if (firstSegment === undefined || activeSegment === undefined)
    return { named: [], dropped: [], leftovers: found, repairs };
  const first = positionOf(directory, found, firstSegment, "oldest");
  const active = positionOf(directory, found, activeSegment, "active");
  const dropped = found.slice(0, first);
  const [stray] = dropped;
  // What the manifest left behind it was covered by a snapshot, whatever is in it.
  if (stray !== undefined && firstSegment.firstIndex > (manifest.snapshot?.index ?? 0) + 1)
    throw damage(
      { file: join(directory, `${stray.stem}.log`), byte: 0 },
      "the segment is older than the oldest one that the hard state names",
      "move it out of log/ and start the node again",
    );
  const named = found.slice(first, active + 1);
  for (const { stem, log } of named) {
    const why = "the hard state names segments before or after it";
    if (!log) throw absent(join(directory, `${stem}.log`), why);
  }
  return { named, dropped, leftovers: found.slice(active + 1), repairs };
}

function group(directory: string, names: readonly string[]): FoundSegment[] {
  const found = new Map<string, FoundSegment>();
  for (const file of names) {
    const name = parseSegmentFileName(file);
    if (name === undefined)
      throw new FatalError(
        "config",
        `${join(directory, file)}: not a file of this log; ` +
          "next: move it away and start the node again",
      );
    const segment = found.get(name.stem) ?? { stem: name.stem, name, log: false, index: false };
    segment[name.kind] = true;
    found.set(name.stem, segment);
  }
  return [...found.values()].sort((a, b) => compareSegmentNames(a.name, b.name));
}

function positionOf(
  directory: string,
  found: readonly FoundSegment[],
  { baseOffset, firstIndex }: SegmentRef,
  which: string,
): number {
  const sameBase = (segment: FoundSegment): boolean => segment.name.baseOffset === baseOffset;
  const exact = found.findIndex((s) => sameBase(s) && s.name.firstIndex === firstIndex);
  const plain = found.findIndex((s) => sameBase(s) && s.name.firstIndex === undefined);
  const position = exact >= 0 ? exact : plain;
  if (position >= 0) return position;
  const file = join(directory, `${String(baseOffset).padStart(20, "0")}.log`);
  throw absent(file, `the hard state names it as the ${which} segment (first entry ${firstIndex})`);
}
