import { LogIndex, Term } from "../../common/brand.ts";
import type { EntryId } from "../../raft/types.ts";
import { isCount, isText } from "../json-fields.ts";
import type { RecordFormat } from "../record-file.ts";

/** What is being staged. */
export interface IncomingOffer {
  readonly last: EntryId;
  readonly totalBytes: number;
  /** In hex; see `snapshot-contents.ts`. */
  readonly hash: string;
}

/** How much of it is on the disk for certain. */
export interface IncomingRecord {
  readonly offer: IncomingOffer;
  readonly syncedBytes: number;
  /** SHA-256 of those bytes, in hex. */
  readonly prefixHash: string;
}

/** `incoming.meta`: `{lastIndex, lastTerm, totalBytes, hash, syncedBytes, prefixHash}`. */
export const INCOMING_FORMAT: RecordFormat<IncomingRecord> = {
  name: "incoming.meta",
  magic: "BALSA-IN",
  version: 1,
  fileBytes: 512,
  encode({ offer, syncedBytes, prefixHash }) {
    const { last, totalBytes, hash } = offer;
    const id = { lastIndex: last.index, lastTerm: last.term };
    return { ...id, totalBytes, hash, syncedBytes, prefixHash };
  },
  decode({ lastIndex, lastTerm, totalBytes, hash, syncedBytes, prefixHash }) {
    if (!isCount(lastIndex) || !isCount(lastTerm) || !isCount(totalBytes)) return undefined;
    if (!isText(hash) || !isText(prefixHash)) return undefined;
    if (!isCount(syncedBytes) || syncedBytes > totalBytes) return undefined;
    const last = { index: LogIndex(lastIndex), term: Term(lastTerm) };
    return { offer: { last, totalBytes, hash }, syncedBytes, prefixHash };
  },
};
