import type { FaultyEntry, LogListener, SegmentStatus } from "../storage/types.ts";
import type { CoreLoop } from "./core-loop.ts";
import type { Tracer } from "./tracer.ts";

/** Who is told what the log says, once they are there: the log speaks first. */
export interface LogListeners {
  readonly loop: () => CoreLoop | undefined;
  readonly tracer: Tracer;
  readonly failed: (thrown: unknown) => void;
  /** More of the log is damaged than before. */
  readonly damaged: () => void;
  readonly sealed: (segment: SegmentStatus) => void;
}

/** Passes on what the log tells: to the core, to the trace, and to those who mend and keep it. */
export function logListener(to: LogListeners): LogListener {
  const { loop, tracer, failed, damaged, sealed } = to;
  return {
    persisted: (last) => {
      tracer.detail("disk.synced", { index: last.index, ofTerm: last.term });
      loop()?.post({ type: "entriesPersisted", last });
    },
    failed,
    damaged: (entries) => {
      tellDamaged(tracer, entries);
      damaged();
    },
    segmentRebuilt: ({ file }, what) => tracer.tell("segment.rebuilt", { file, what }),
    segmentRolled: ({ file, firstIndex }) => tracer.tell("segment.rolled", { file, firstIndex }),
    segmentSealed: (segment) => {
      const { file, lastIndex } = segment;
      tracer.tell("segment.sealed", { file, lastIndex });
      sealed(segment);
    },
  };
}

export function tellDamaged(tracer: Tracer, entries: readonly FaultyEntry[]): void {
  for (const { index, term: ofTerm, file, position } of entries)
    tracer.tell("entry.damaged", { index, ofTerm, file, position });
}
