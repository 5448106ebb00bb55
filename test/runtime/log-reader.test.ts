import { describe, expect, it } from "vitest";
import { LogIndex, Offset, Term } from "../../src/common/brand.ts";
import { deferred } from "../../src/common/deferred.ts";
import { LogReader, type LogReaderParts } from "../../src/runtime/log-reader.ts";
import type { SourcedRun } from "../../src/runtime/record-source.ts";

const LAST = { index: LogIndex(9), term: Term(1) };
const RUN = { first: LAST.index, last: LAST, prevChain: 0, chunks: [], byteLength: 0 };

describe("a reader of the log", () => {
  // Otherwise what is gone looks like a hole that compaction left.
  it("is told of records that are trimmed while it reads them", async () => {
    const read = deferred<SourcedRun>();
    const state = {
      highWatermark: Offset(30),
      appliedIndex: LAST.index,
      logStartOffset: Offset(5),
    };
    const parts = {
      state,
      source: { heldFrom: Offset(0), compactedTo: Offset(30), read: () => read.promise },
      log: { tail: { last: LAST } },
    } as unknown as LogReaderParts;
    const reader = new LogReader(parts);
    reader.applied(true);
    const answer = reader.read(Offset(8), 100, "local");
    state.logStartOffset = Offset(21);
    read.resolve({ run: RUN, nextOffset: Offset(22) });
    await expect(answer).rejects.toMatchObject({ code: "OFFSET_TRIMMED", logStartOffset: 21 });
  });
});
