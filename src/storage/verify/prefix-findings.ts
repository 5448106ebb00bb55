import type { LogIndex } from "../../common/brand.ts";
import type { FindingKind, VerifyFinding } from "./finding.ts";

const MENDED =
  "start the node: it is mended from the others; without others: keep this directory, " +
  "start the node with an empty one";
const UNSERVED = "the node serves nothing of it until it is mended";
const START = "nothing: the next start (or the node that runs) tidies up";

interface Seen {
  readonly file: string;
  readonly byte?: number | undefined;
  readonly index?: LogIndex | undefined;
  readonly what: string;
}

function finding(kind: FindingKind, seen: Seen, means: string, next: string): VerifyFinding {
  return { kind, byte: undefined, index: undefined, ...seen, means, next };
}

export function damagedManifest(seen: Seen): VerifyFinding {
  return finding("damaged", seen, "nobody can tell what the compacted prefix is made of", MENDED);
}

export function absentManifest(file: string, index: LogIndex): VerifyFinding {
  const what = `absent; the hard state says that the log is compacted to entry ${index}`;
  return finding("absent", { file, what }, UNSERVED, MENDED);
}

export function absentCompacted(file: string, manifest: string): VerifyFinding {
  const what = `absent; ${manifest} names it`;
  return finding("absent", { file, what }, UNSERVED, MENDED);
}

export function damagedCompacted(seen: Seen): VerifyFinding {
  const means =
    "what is damaged is never served; the other nodes have the newest record of each key";
  return finding("damaged", seen, means, MENDED);
}

/** A file with a compaction's name that counts for nothing. */
export function leftCompacted(file: string): VerifyFinding {
  const what = /\.(?:tmp|deflate)$/.test(file)
    ? "a file of a compaction that did not end"
    : "a file that the manifest in force does not name";
  return finding("torn", { file, what }, "a compaction was interrupted, or is under way", START);
}

export function stagedSnapshot(file: string, names: readonly string[]): VerifyFinding {
  const what = `a snapshot on its way in: ${names.join(", ")}`;
  const means = "a transfer is under way, or was interrupted";
  return finding("torn", { file, what }, means, "nothing: the node goes on with it, or removes it");
}

export function strangeSnapshot(file: string): VerifyFinding {
  const what = "not a checkpoint, a manifest or a compacted file";
  return finding("foreign", { file, what }, "the node takes no notice of it", "move it away");
}
