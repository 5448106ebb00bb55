import { LogIndex, type Offset, type Term } from "../../../common/brand.ts";
import { FatalError } from "../../../common/fatal-error.ts";
import { join } from "../../layout.ts";
import { damage } from "../damage.ts";
import type { SegmentStart } from "../index-header.ts";
import type { OpenSegment } from "../open-segment.ts";
import { parseSegmentFileName } from "../segment-name.ts";

/** Both ends of a segment, sealed or not. */
export interface Extent extends SegmentStart {
  readonly stem: string;
  readonly lastIndex: number;
  readonly nextOffset: Offset;
  readonly lastTerm: Term;
  readonly lastChain: number;
}

/**
 * Every segment begins where the one before ends (index, offset, term, chain), under the name that
 * goes with it, and the first one belongs to this cluster.
 */
export function checkContinuity(
  chainSeed: number,
  directory: string,
  extents: readonly Extent[],
): void {
  for (const [at, extent] of extents.entries()) {
    const file = join(directory, `${extent.stem}.log`);
    const place = { file, byte: 0, index: extent.firstIndex };
    const previous = extents[at - 1];
    if (!isNamedAs(extent, previous))
      throw damage(place, "the file's name does not fit the entries in it");
    if (previous === undefined) {
      if (extent.firstIndex === 1 && extent.prevChain !== chainSeed)
        throw new FatalError(
          "corruption",
          `${file}: byte 0 (entry 1): the log belongs to another cluster, or to other voters; ` +
            "next: start the node with the data directory that goes with its identity",
        );
    } else if (
      extent.firstIndex !== previous.lastIndex + 1 ||
      extent.baseOffset !== previous.nextOffset ||
      extent.prevTerm !== previous.lastTerm ||
      extent.prevChain !== previous.lastChain
    )
      throw damage(place, `the segment does not continue ${previous.stem}.log`);
  }
}

export function extentOf(segment: OpenSegment): Extent {
  const { stem, start, rows, lastIndex, nextOffset, lastChain } = segment;
  const lastTerm = rows.count === 0 ? start.prevTerm : rows.term(lastIndex);
  return { stem, ...start, lastIndex, nextOffset, lastTerm, lastChain };
}

/** What the next segment must begin with. */
export function startAfter(extent: Extent): SegmentStart {
  return {
    baseOffset: extent.nextOffset,
    firstIndex: LogIndex(extent.lastIndex + 1),
    prevTerm: extent.lastTerm,
    prevChain: extent.lastChain,
  };
}

function isNamedAs(extent: Extent, previous: Extent | undefined): boolean {
  const name = parseSegmentFileName(`${extent.stem}.log`);
  if (name?.baseOffset !== extent.baseOffset) return false;
  if (name.firstIndex !== undefined) return name.firstIndex === extent.firstIndex;
  return previous?.baseOffset !== extent.baseOffset;
}
