import type { LogIndex } from "../../common/brand.ts";
import type { VerifyFinding } from "./finding.ts";

/** What to do where neither this disk nor, entry by entry, the other nodes can help. */
const START_EMPTY =
  "stop the node, keep this directory, start it with an empty one: the others bring it up to date";
const START = "nothing: the next start mends it";
const ANEW = "nothing: the node writes it anew from the frames; offline: balsa repair --apply";
const PEERS = "start the node (or leave it running): it gets the entry back from the others";

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
  return finding(seen, { kind: "damaged", means, next: PEERS });
}

export function damagedFooter(seen: Seen): VerifyFinding {
  const means = "the entries before it are intact, yet the file is not that of the other nodes";
  return finding(seen, { kind: "damaged", means, next: ANEW });
}

/** Rows that were durable once; the frames say the same, so nothing is lost. */
export function damagedRows(seen: Seen): VerifyFinding {
  const means = "nothing is lost: the entries themselves are in the .log file";
  return finding(seen, { kind: "damaged", means, next: ANEW });
}

export function damagedIndexHeader(seen: Seen): VerifyFinding {
  const means = "no row of the file can be believed; the entries themselves are in the .log file";
  return finding(seen, { kind: "damaged", means, next: ANEW });
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

/** Rows can be told from the frames, so nothing is missing that matters. */
export function absentRows(file: string): VerifyFinding {
  const what = "absent; its .log file is there";
  const means = "nothing is lost: the entries themselves are in the .log file";
  return finding({ file, byte: undefined, what }, { kind: "absent", means, next: ANEW });
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

/** Older than the oldest segment that the hard state names. */
export function droppedSegment(file: string): VerifyFinding {
  return finding(
    { file, byte: undefined, what: "a segment that the log has let go" },
    { kind: "torn", means: "the log begins after it; its removal was interrupted", next: START },
  );
}

/** What lies in `log/` is void. */
export function unfinishedReset(directory: string, index: LogIndex): VerifyFinding {
  return finding(
    { file: directory, byte: undefined, what: `being made anew behind entry ${index}` },
    { kind: "torn", means: "a snapshot is being installed, or was", next: START },
  );
}

export function tornCheckpoint(file: string): VerifyFinding {
  return finding(
    { file, byte: undefined, what: "a checkpoint that was not finished" },
    { kind: "torn", means: "its writing was interrupted, or is under way", next: START },
  );
}

export function unfinishedRepair(file: string): VerifyFinding {
  return finding(
    { file, byte: undefined, what: "a file that was being written anew" },
    { kind: "torn", means: "a repair was interrupted, or is under way", next: START },
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
