import { LogError } from "../../common/errors.ts";
import type { FaultyEntry } from "../types.ts";
import type { SealedSegment } from "./sealed-segment.ts";

/** A read met an entry whose bytes are damaged. Stays inside the log. */
export class FrameDamage extends Error {
  override readonly name = "FrameDamage";
  readonly entry: FaultyEntry;

  constructor(entry: FaultyEntry, what: string) {
    super(what);
    this.entry = entry;
  }
}

/** A lookup met rows of a sealed segment that are damaged or gone. Stays inside the log. */
export class RowDamage extends Error {
  override readonly name = "RowDamage";
  readonly segment: SealedSegment;
  /** Which of the files that had the name: a later one may be intact. */
  readonly version: number;

  constructor(segment: SealedSegment, version: number, what: string) {
    super(what);
    this.segment = segment;
    this.version = version;
  }
}

/** What a reader is told who asks for a damaged entry. */
export function faultyError({ file, position, index, term }: FaultyEntry): LogError {
  return new LogError(
    "CORRUPT",
    `${file}: byte ${position} (entry ${index}, term ${term}) is damaged; ` +
      "it is served again once another node has given the entry back",
  );
}
