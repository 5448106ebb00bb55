import { LogIndex, type Offset, type Term } from "../../../common/brand.ts";
import { FatalError } from "../../../common/fatal-error.ts";
import { join } from "../../layout.ts";
import type { SegmentRef } from "../../types.ts";
import { damage } from "../damage.ts";
import type { SegmentStart } from "../index-header.ts";
import type { OpenSegment } from "../open-segment.ts";
import { parseSegmentFileName } from "../segment-name.ts";
import type { Manifest } from "./inventory.ts";

/** Both ends of a segment, sealed or not. */
export interface Extent extends SegmentStart {
  readonly stem: string;
  readonly lastIndex: number;
  readonly nextOffset: Offset;
  readonly lastTerm: Term;
  readonly lastChain: number;
}

/** What a log is measured by. */
export interface Expected {
  readonly directory: string;
  readonly manifest: Manifest;
  /** Where the first segment must begin; absent where nobody knows. */
  readonly start: SegmentStart | undefined;
}

/**
 * Every segment begins where the one before ends (index, offset, term, chain), under the name that
 * goes with it; the first one belongs to this cluster and continues the checkpoint before it.
 */
export function checkContinuity(
  { directory, manifest, start }: Expected,
  extents: readonly Extent[],
): void {
  checkNamed(directory, extents.at(0), manifest.firstSegment);
  checkNamed(directory, extents.at(-1), manifest.activeSegment);
  for (const [at, extent] of extents.entries()) {
    const file = join(directory, `${extent.stem}.log`);
    const place = { file, byte: 0, index: extent.firstIndex };
    const previous = extents[at - 1];
    if (!isNamedAs(extent, previous))
      throw damage(place, "the file's name does not fit the entries in it");
    if (previous === undefined) {
      if (start !== undefined) checkFirst(file, extent, start);
    } else if (
      extent.firstIndex !== previous.lastIndex + 1 ||
      extent.baseOffset !== previous.nextOffset ||
      extent.prevTerm !== previous.lastTerm ||
      extent.prevChain !== previous.lastChain
    )
      throw damage(place, `the segment does not continue ${previous.stem}.log`);
  }
}

/** A name with the same base offset may be that of another segment. */
function checkNamed(
  directory: string,
  extent: Extent | undefined,
  named: SegmentRef | undefined,
): void {
  if (extent === undefined || named === undefined) return;
  const { stem, firstIndex, baseOffset } = extent;
  if (firstIndex === named.firstIndex && baseOffset === named.baseOffset) return;
  const file = join(directory, `${stem}.log`);
  throw damage(
    { file, byte: 0, index: firstIndex },
    `the hard state names the segment that begins with entry ${named.firstIndex}`,
  );
}

function checkFirst(file: string, extent: Extent, start: SegmentStart): void {
  const same = extent.prevTerm === start.prevTerm && extent.baseOffset === start.baseOffset;
  if (extent.firstIndex === 1 && extent.prevChain !== start.prevChain)
    throw new FatalError(
      "corruption",
      `${file}: byte 0 (entry 1): the log belongs to another cluster, or to other voters; ` +
        "next: start the node with the data directory that goes with its identity",
    );
  if (!same || extent.prevChain !== start.prevChain || extent.firstIndex !== start.firstIndex)
    throw damage(
      { file, byte: 0, index: extent.firstIndex },
      `the segment does not continue the checkpoint of entry ${start.firstIndex - 1}`,
    );
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
