import { assert } from "../../common/assert.ts";
import type { Offset } from "../../common/brand.ts";
import { join } from "../layout.ts";
import type { SegmentStatus } from "../types.ts";
import type { FoldInput } from "./fold-input.ts";
import type { Manifest } from "./manifest.ts";
import { type CompactionTask, prefixInputs } from "./task.ts";
import type { CompactionOrder } from "./types.ts";

export interface TaskPlace {
  /** Where compacted files and manifests lie. */
  readonly directory: string;
  /** `<data>/log`: where the sealed segments lie. */
  readonly logDirectory: string;
  readonly keyTableBytes: number;
  readonly bytesPerSecond: number;
}

/** What carrying out `order` over the prefix at `manifest` and the sealed `segments` comes to. */
export function taskOf(
  place: TaskPlace,
  { files, index, cleanTo, covers, logStartOffset }: Manifest,
  order: CompactionOrder,
  segments: readonly SegmentStatus[],
): CompactionTask {
  const { directory, logDirectory, keyTableBytes, bytesPerSecond } = place;
  const last = segments.at(-1);
  assert(order.index > index, "a snapshot to compact to is newer than the last one");
  assert(last?.lastIndex === order.index, "the segments given end at the snapshot");
  assert(
    segments[0]?.firstIndex === index + 1 || (segments[0]?.baseOffset ?? 0) <= order.logStartOffset,
    "the segments given begin where the compacted prefix ends",
  );
  const sealed = segments.map((segment): FoldInput => {
    const { file, bytes, baseOffset, nextOffset, lastIndex, lastTimestamp } = segment;
    const path = join(logDirectory, file);
    return { kind: "sealed", path, bytes, baseOffset, nextOffset, lastIndex, lastTimestamp };
  });
  // What was sent trimmed further than is applied here was trimmed by a committed entry.
  const start = Math.max(order.logStartOffset, logStartOffset) as Offset;
  const inputs = [...prefixInputs(directory, files), ...sealed];
  return {
    directory,
    order: { ...order, logStartOffset: start },
    inputs: inputs.filter(({ nextOffset }) => nextOffset > start),
    nextOffset: last.nextOffset,
    cleanTo,
    covers,
    keyTableBytes,
    bytesPerSecond,
  };
}
