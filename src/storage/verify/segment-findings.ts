import type { LogIndex } from "../../common/brand.ts";
import type { VerifyFinding } from "./finding.ts";

/** What to do about a node whose committed entries are damaged. */
const START_EMPTY =
  "stop the node, keep this directory, start it with an empty one: the others bring it up to date";
const START = "nothing: the next start mends it";

interface Seen {
  readonly file: string;
  readonly byte: number | undefined;
  readonly index?: LogIndex | undefined;
  readonly what: string;
}

function finding(seen: Seen, rest: Pick<VerifyFinding, "kind" | "means" | "next">): VerifyFinding {
  return { index: undefined, ...seen, ...rest };
}

/** Frames that were durable once and are not what they were. */
export function damagedFrames(seen: Seen, proof: string): VerifyFinding {
  const means = `${proof}, so this is not a torn end: the node will not serve the entry`;
  return finding(seen, { kind: "damaged", means, next: START_EMPTY });
}

export function damagedFooter(seen: Seen): VerifyFinding {
  const means = "the entries before it are intact, yet the file is not that of the other nodes";
  const next =
    "restart the node: the newest footer is written anew; if an older one is damaged, " +
    "start with an empty directory";
  return finding(seen, { kind: "damaged", means, next });
}

/** Rows that were durable once; the frames say the same, so nothing is lost. */
export function damagedRows(seen: Seen, sealed: boolean): VerifyFinding {
  const means = "lookups through these rows fail; the entries themselves are in the .log file";
  const next = sealed ? START_EMPTY : "restart the node: rows are made anew from the frames";
  return finding(seen, { kind: "damaged", means, next });
}

export function damagedIndexHeader(seen: Seen): VerifyFinding {
  const means = "no row of the file can be believed; the entries themselves are in the .log file";
  return finding(seen, { kind: "damaged", means, next: START_EMPTY });
}

export function discontinuity(seen: Seen): VerifyFinding {
  const means = "the two segments are not parts of one history";
  return finding(seen, { kind: "damaged", means, next: START_EMPTY });
}

export function absentFile(file: string, what: string): VerifyFinding {
  const means = "entries that the log must hold are not there";
  return finding(
    { file, byte: undefined, what },
    { kind: "absent", means, next: `put the file back, or ${START_EMPTY}` },
  );
}

export function tornEnd(seen: Seen): VerifyFinding {
  const means = "a write was cut short, or is under way; nobody was told that it was durable";
  return finding(seen, { kind: "torn", means, next: START });
}

export function missingRows(seen: Seen): VerifyFinding {
  const means = "a crash, or a glance at a live node, fell between frames and rows";
  return finding(seen, { kind: "torn", means, next: START });
}

export function leftover(file: string): VerifyFinding {
  return finding(
    { file, byte: undefined, what: "an empty segment that the hard state does not name" },
    { kind: "torn", means: "a roll or a cut was interrupted", next: START },
  );
}

export function otherVersion(seen: Seen): VerifyFinding {
  const means = "this program cannot read it";
  return finding(seen, { kind: "foreign", means, next: "verify with the version that wrote it" });
}

export function foreignFile(file: string): VerifyFinding {
  return finding(
    { file, byte: undefined, what: "not a file of this log" },
    { kind: "foreign", means: "the node refuses to start beside it", next: "move it away" },
  );
}
