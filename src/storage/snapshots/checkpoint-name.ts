import { LogIndex } from "../../common/brand.ts";

const NAME = /^(\d{20})\.checkpoint(\.tmp)?$/;
const TMP_SUFFIX = ".tmp";

/** Names a checkpoint by the last index that it covers, 20 digits. */
export function checkpointName(index: LogIndex): string {
  return `${String(index).padStart(20, "0")}.checkpoint`;
}

/** Names the file that is written first and then renamed. */
export function unfinishedName(name: string): string {
  return `${name}${TMP_SUFFIX}`;
}

/** The index that a name stands for; absent when no checkpoint has such a name. */
export function parseCheckpointName(name: string): LogIndex | undefined {
  const [, digits, unfinished] = NAME.exec(name) ?? [];
  const index = Number(digits);
  return unfinished === undefined && Number.isSafeInteger(index) ? LogIndex(index) : undefined;
}

/** Whether a save that was interrupted left the file. */
export function isUnfinishedCheckpoint(name: string): boolean {
  return name.endsWith(TMP_SUFFIX) && NAME.test(name);
}
