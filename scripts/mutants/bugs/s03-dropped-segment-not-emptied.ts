import type { Mutant } from "../mutant.ts";

export const droppedSegmentNotEmptied: Mutant = {
  id: "s03",
  title: "a segment is unlinked without being emptied first",
  source: "decision 0006",
  breaks: "A crash leaves a file behind whose entries were cut off.",
  edits: [
    {
      file: "storage/wal/segment-disk.ts",
      find: "    await this.cut(files, INDEX_HEADER_BYTES, 0);\n",
      replace: "",
    },
  ],
  world: { faults: "isolate,split,crash-at-place", fixed: { segmentBytes: 512 } },
};
