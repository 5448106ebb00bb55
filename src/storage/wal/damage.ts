import { FatalError } from "../../common/fatal-error.ts";
import type { FrameFault } from "../../common/frame.ts";

/** Where something was found, as exactly as it is known. */
export interface Place {
  readonly file: string;
  readonly byte: number;
  readonly index?: number | undefined;
  readonly term?: number | undefined;
}

export const FAULT_WORDS: Readonly<Record<FrameFault, string>> = {
  cut: "the frame is cut off",
  header: "the frame's header does not match its checksum",
  payload: "the payload does not match its checksum",
  chain: "the frame does not continue the chain of the entry before it",
  version: "the frame has a version that this program does not know",
};

const START_EMPTY =
  "keep this data directory, start the node with an empty one, and the others bring it up to date";

/** Damage that was found: names the place, and what to do next. */
export function damage(place: Place, what: string, next: string = START_EMPTY): FatalError {
  return new FatalError("corruption", `${placeText(place)}: ${what}; next: ${next}`);
}

/** A file that must exist does not; that is another thing than a damaged one. */
export function absent(file: string, why: string): FatalError {
  return new FatalError("corruption", `${file}: absent, although ${why}; next: ${START_EMPTY}`);
}

/** Bytes of another version: nothing is touched. */
export function unknownVersion(place: Place, what: string): FatalError {
  return new FatalError(
    "config",
    `${placeText(place)}: ${what} of a version that this program does not know; ` +
      "next: start the version that wrote it; nothing was changed",
  );
}

function placeText({ file, byte, index, term }: Place): string {
  if (index === undefined) return `${file}: byte ${byte}`;
  const entry = term === undefined ? `entry ${index}` : `entry ${index}, term ${term}`;
  return `${file}: byte ${byte} (${entry})`;
}
