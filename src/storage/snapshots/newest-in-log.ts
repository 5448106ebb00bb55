import type { LogStore } from "../types.ts";
import type { Checkpoint, CheckpointStore } from "./types.ts";

/**
 * The newest intact checkpoint of this very log: what a node starts from. A checkpoint that was
 * received may be newer than the log, or of entries that the log has in another version, when a
 * crash came before the log was made anew behind it; such a one says nothing about this log.
 */
export async function newestInLog(
  checkpoints: CheckpointStore,
  log: LogStore,
): Promise<Checkpoint | undefined> {
  let atMost = log.tail.last.index;
  for (;;) {
    const found = await checkpoints.newest(atMost);
    if (found === undefined || found.start.last.index < log.start.last.index) return undefined;
    const { last, chain } = found.start;
    if (log.chainAt(last.index) === chain) return found;
    atMost = (last.index - 1) as typeof atMost;
  }
}
