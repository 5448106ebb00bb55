export { type DataDirectoryOptions, openDataDirectory } from "./data-directory.ts";
export type * from "./file-system.ts";
export { DEFAULT_SPACE_MARKS, type SpaceMarks } from "./reserve.ts";
export type * from "./types.ts";
export { initialChain } from "./wal/initial-chain.ts";
export { emptyTail } from "./wal/log-tail.ts";
export { parseFrames } from "./wal/parse-frames.ts";
export { openSegmentedLog } from "./wal/segmented-log.ts";
export { stampFrames } from "./wal/stamp-frames.ts";
